package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Clients that ask one question after the other, each as soon as it has the answer to its last. The
 * first answer that is wrong or does not come ends them all. Thread-safe.
 */
final class SteadyLoad implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofMinutes(4);

  private final Balancer balancer;
  private final List<Question> questions;
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private int asked;
  private int answered;
  private boolean stopped;
  private Throwable failure;

  /** Begins. */
  SteadyLoad(Balancer balancer, List<Question> questions, int clients) {
    this.balancer = balancer;
    this.questions = List.copyOf(questions);
    for (int i = 0; i < clients; i++) {
      this.clients.execute(this::askOn);
    }
  }

  private void askOn() {
    try {
      for (Question question = next(); question != null; question = next()) {
        balancer.ask(question);
        answered();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception | AssertionError e) {
      failed(e);
    }
  }

  private synchronized Question next() {
    return stopped ? null : questions.get(asked++ % questions.size());
  }

  private synchronized void answered() {
    answered++;
    notifyAll();
  }

  private synchronized void failed(Throwable reason) {
    if (failure == null) {
      failure = reason;
    }
    stopped = true;
    notifyAll();
  }

  /**
   * Waits for so many right answers from now on.
   *
   * @throws AssertionError if one of the clients has failed
   */
  synchronized void awaitAnswers(int more) throws InterruptedException {
    int wanted = answered + more;
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (answered < wanted) {
      requireNoFailure();
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError(
            "%d answers after %s, %d before".formatted(answered, DEADLINE, wanted - more));
      }
      NANOSECONDS.timedWait(this, left);
    }
  }

  private synchronized void requireNoFailure() {
    if (failure != null) {
      throw new AssertionError("a request failed after %d answers".formatted(answered), failure);
    }
  }

  /** Asks no more, and waits for the answers to what has been asked, which must be right. */
  void finish() throws InterruptedException {
    synchronized (this) {
      stopped = true;
    }
    clients.shutdown();
    if (!clients.awaitTermination(DEADLINE.toSeconds(), SECONDS)) {
      throw new AssertionError("requests still run after " + DEADLINE);
    }
    requireNoFailure();
  }

  @Override
  public void close() {
    failed(new AssertionError("the load was closed"));
    clients.shutdownNow();
  }
}
