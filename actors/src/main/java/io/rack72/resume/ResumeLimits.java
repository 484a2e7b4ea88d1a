package io.rack72.resume;

import java.time.Duration;

/**
 * What a gateway keeps so that streams can be resumed.
 *
 * @param window how long a stream can be resumed that nobody answers any more
 * @param streams of others that are kept
 * @param bytes of what is kept of streams of others and of those that nobody answers any more; and
 *     once more of the bodies of those that this gateway answers
 */
public record ResumeLimits(Duration window, int streams, long bytes) {
  /** 30 seconds, 4096 streams, 64 MiB. */
  public static final ResumeLimits DEFAULT =
      new ResumeLimits(Duration.ofSeconds(30), 4096, 64L << 20);

  public ResumeLimits {
    if (!window.isPositive() || streams < 1 || bytes < 1) {
      throw new IllegalArgumentException(
          "the window is positive and the limits are at least 1, not %s, %d and %d"
              .formatted(window, streams, bytes));
    }
  }
}
