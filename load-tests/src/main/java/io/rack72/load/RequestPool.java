package io.rack72.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** Sends many requests in one of two ways and waits for all outcomes. */
final class RequestPool {
  private RequestPool() {}

  /**
   * A closed loop: as many clients as there is concurrency, each of which sends its next request
   * when its last is over. What such clients wait for, they do not send: an overloaded server slows
   * them down.
   *
   * @param start sends the request of a number
   * @return the outcomes by number
   */
  static List<Outcome> closedLoop(int requests, int concurrency, IntFunction<Call> start)
      throws InterruptedException {
    try (ExecutorService clients =
        Executors.newFixedThreadPool(concurrency, Thread.ofVirtual().factory())) {
      List<Future<Outcome>> outcomes = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        int number = i;
        outcomes.add(clients.submit(() -> start.apply(number).await()));
      }
      try {
        List<Outcome> results = new ArrayList<>();
        for (Future<Outcome> outcome : outcomes) {
          results.add(outcome.get());
        }
        return results;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a request could not be made", e.getCause());
      } finally {
        // Nothing is left but where this thread was interrupted or a request could not be made.
        clients.shutdownNow();
      }
    }
  }

  /** Sends a request that was due at an instant of {@link System#nanoTime}. */
  @FunctionalInterface
  interface DueRequest {
    Call start(int number, long dueNanos);
  }

  /**
   * An open loop: requests are sent at their times, whatever became of those before. Their times
   * count from when they were due, so that a client that is late does not hide it.
   *
   * @param offsets nanoseconds from now, ascending
   */
  static List<Outcome> openLoop(long[] offsets, DueRequest request) throws InterruptedException {
    List<Call> calls = new ArrayList<>();
    long begin = System.nanoTime();
    try {
      for (int i = 0; i < offsets.length; i++) {
        long due = begin + offsets[i];
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
          if (Thread.interrupted()) {
            throw new InterruptedException();
          }
        }
        calls.add(request.start(i, due));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Call call : calls) {
        outcomes.add(call.await());
      }
      return outcomes;
    } finally {
      calls.forEach(Call::abort);
    }
  }
}
