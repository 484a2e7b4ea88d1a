package io.rack72.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Some prompts, each with what became of it, in the order in which they were given.
 *
 * @param chats judged replies
 * @param greedy tokens beside those of another implementation
 */
record Evaluation(List<Verdict> chats, List<GreedyResult> greedy) {
  /** Is told how far a run has come, by many threads, never two at a time. */
  @FunctionalInterface
  interface Progress {
    void done(int replies, int of);
  }

  /**
   * Sends prompts and judges the replies.
   *
   * @param concurrency requests under way at a time
   */
  static Evaluation run(
      EvaluationClient client,
      List<ChatPrompt> chats,
      List<GreedyPrompt> greedy,
      int concurrency,
      Progress progress)
      throws InterruptedException {
    Counter counter = new Counter(chats.size() + greedy.size(), progress);
    try (ExecutorService threads =
        Executors.newFixedThreadPool(concurrency, Thread.ofVirtual().factory())) {
      List<Future<Verdict>> verdicts = new ArrayList<>();
      for (ChatPrompt prompt : chats) {
        verdicts.add(
            threads.submit(counter.counting(() -> Verdict.of(prompt, client.chat(prompt)))));
      }
      List<Future<GreedyResult>> results = new ArrayList<>();
      for (GreedyPrompt prompt : greedy) {
        results.add(threads.submit(counter.counting(() -> client.greedy(prompt))));
      }
      try {
        return new Evaluation(all(verdicts), all(results));
      } finally {
        // Nothing is left but where this thread was interrupted or a result could not be made.
        threads.shutdownNow();
      }
    }
  }

  /**
   * A part of some items: so many, from all over the list, always the same ones.
   *
   * @param count all where it is as many or more
   */
  static <T> List<T> spread(List<T> items, int count) {
    return count >= items.size()
        ? items
        : IntStream.range(0, count)
            .mapToObj(i -> items.get((int) ((long) i * items.size() / count)))
            .toList();
  }

  private static <T> List<T> all(List<Future<T>> futures) throws InterruptedException {
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("a reply could not be judged", e.getCause());
      }
    }
    return List.copyOf(results);
  }

  private record Counter(int of, Progress progress, AtomicInteger replies) {
    Counter(int of, Progress progress) {
      this(of, progress, new AtomicInteger());
    }

    <T> Callable<T> counting(Callable<T> call) {
      return () -> {
        T result = call.call();
        synchronized (progress) {
          progress.done(replies.incrementAndGet(), of);
        }
        return result;
      };
    }
  }
}
