package io.rack72.fabric;

import io.rack72.link.Lane;
import java.time.Duration;

/**
 * Whether a port passes much less than its bandwidth, by the time that transfers took from their
 * first byte to their last: what waited before them does not count, so a port that is merely busy
 * is not slow. It takes one transfer to be slow, and a second of fast ones to be well again: a port
 * that comes and goes is one not to rely on. A pure class; not thread-safe.
 */
final class PortPace {
  /** For how long a port that was slow must pass what it should. */
  private static final long WELL_NANOS = Duration.ofSeconds(1).toNanos();

  /** Less than this is never too long: of small frames, whole nanoseconds say nothing. */
  private static final long LEAST_NANOS = 1_000;

  /** What a port that is just quick enough passes in so much time tells it from a slow one. */
  private static final long TEST_NANOS = 10 * LEAST_NANOS;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long NEVER = Long.MAX_VALUE;
  private static final long NOT_WELL = Long.MAX_VALUE;

  private final double mostNanosPerByte;
  private boolean slow;
  private long wellSinceNanos = NOT_WELL;

  /**
   * @param bytesPerSecond that the port should have
   * @param slowBelow part of them below which it is slow; 0 where it never is
   */
  PortPace(long bytesPerSecond, double slowBelow) {
    mostNanosPerByte = NANOS_PER_SECOND / (bytesPerSecond * slowBelow);
  }

  /** How long a transfer may take in a port that is not slow. */
  long mostNanos(long bytes) {
    double most = bytes * mostNanosPerByte;
    return most < NEVER ? Math.max(LEAST_NANOS, (long) Math.ceil(most)) : NEVER;
  }

  /**
   * Bytes of a test pattern. It is so small that it is not charged to the port, and so large that
   * the time it takes says as much as that of any frame.
   */
  long testBytes() {
    return Math.clamp((long) (TEST_NANOS / mostNanosPerByte), 1, Lane.MAX_BYTES);
  }

  /**
   * A transfer has passed, or has taken too long already.
   *
   * @param nanos that it has taken
   * @return whether the port is slow and was not, or the other way round
   */
  boolean passed(long bytes, long nanos, long nowNanos) {
    boolean before = slow;
    if (nanos > mostNanos(bytes)) {
      slow = true;
      wellSinceNanos = NOT_WELL;
    } else if (slow && wellSinceNanos == NOT_WELL) {
      wellSinceNanos = nowNanos;
    } else if (slow && nowNanos - wellSinceNanos >= WELL_NANOS) {
      slow = false;
      wellSinceNanos = NOT_WELL;
    }
    return slow != before;
  }

  boolean isSlow() {
    return slow;
  }
}
