package io.rack72.bench;

import java.util.Arrays;

/**
 * How many tokens each of some sequences has got, counted by the actors that own them and waited
 * for by the thread that measures. Thread-safe.
 */
final class Progress {
  private final long[] tokens;
  private final long deadlineMillis;
  private String failure;

  /**
   * @param deadlineMillis how long one more token of every sequence may take
   */
  Progress(int sequences, long deadlineMillis) {
    this.tokens = new long[sequences];
    this.deadlineMillis = deadlineMillis;
  }

  /** A sequence has got a token. */
  synchronized void add(int sequence) {
    tokens[sequence]++;
    notifyAll();
  }

  /** No more tokens will come. */
  synchronized void fail(String why) {
    failure = why;
    notifyAll();
  }

  /** Tokens of all sequences together. */
  synchronized long total() {
    return Arrays.stream(tokens).sum();
  }

  /** Tokens that every sequence has at least. */
  synchronized long rounds() {
    return Arrays.stream(tokens).min().orElseThrow();
  }

  /**
   * Waits until every sequence has so many tokens.
   *
   * @throws IllegalStateException if they cannot come, or have not come by the deadline
   */
  synchronized void await(long rounds) throws InterruptedException {
    long end = System.nanoTime() + deadlineMillis * 1_000_000;
    while (rounds() < rounds) {
      long leftMillis = (end - System.nanoTime()) / 1_000_000;
      if (failure != null || leftMillis <= 0) {
        throw new IllegalStateException(
            failure != null ? failure : "no token within " + deadlineMillis + " ms");
      }
      wait(leftMillis);
    }
  }
}
