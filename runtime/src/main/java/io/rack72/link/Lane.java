package io.rack72.link;

/**
 * One direction of a port, as a queue in time: bytes occupy it one transfer after the other at its
 * bandwidth. All arithmetic is in whole numbers and loses no fraction of a nanosecond while the
 * lane is busy, so the end of a long train of small frames is exact. Not thread-safe.
 */
public final class Lane {
  /** Longest transfer in bytes: what keeps the arithmetic within 64 bits. */
  public static final long MAX_BYTES = Integer.MAX_VALUE;

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private long bytesPerSecond;
  private long freeNanos;
  // What the division of the last transfer left over, in units of a nanosecond's byte at this
  // bandwidth: the lane is really free freeNanos + carry / bytesPerSecond.
  private long carry;

  /**
   * A lane that is free.
   *
   * @param bytesPerSecond bandwidth, positive
   */
  public Lane(long bytesPerSecond) {
    this.bytesPerSecond = positive(bytesPerSecond);
  }

  /**
   * Changes the bandwidth of what is sent from now on. What was sent before passes as it was told.
   *
   * @param newBytesPerSecond positive
   */
  public void changeBandwidth(long newBytesPerSecond) {
    bytesPerSecond = positive(newBytesPerSecond);
    if (carry > 0) {
      // A fraction of a nanosecond at the old bandwidth, which the next transfer waits out.
      freeNanos++;
      carry = 0;
    }
  }

  private static long positive(long bytesPerSecond) {
    if (bytesPerSecond <= 0) {
      throw new IllegalArgumentException("bandwidth is positive: " + bytesPerSecond);
    }
    return bytesPerSecond;
  }

  /** When all that was sent before has passed, rounded down. */
  public long freeNanos() {
    return freeNanos;
  }

  /**
   * How long a transfer that begins now takes from its first byte to its last.
   *
   * @param bytes 0 to {@link #MAX_BYTES}
   */
  public long nanosFor(long bytes) {
    return checked(bytes) * NANOS_PER_SECOND / bytesPerSecond;
  }

  /**
   * Sends bytes through, behind all that was sent before.
   *
   * @param earliestNanos when the bytes are there
   * @param bytes 0 to {@link #MAX_BYTES}
   * @return when the first byte enters and when the last has passed, rounded down to nanoseconds
   */
  public Passage pass(long earliestNanos, long bytes) {
    checked(bytes);
    if (earliestNanos > freeNanos) {
      freeNanos = earliestNanos;
      carry = 0;
    }
    long start = freeNanos;
    long work = bytes * NANOS_PER_SECOND + carry;
    freeNanos = start + work / bytesPerSecond;
    carry = work % bytesPerSecond;
    return new Passage(start, freeNanos);
  }

  private static long checked(long bytes) {
    if (bytes < 0 || bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a transfer has 0 to " + MAX_BYTES + " bytes, not " + bytes);
    }
    return bytes;
  }

  /**
   * One transfer's time in a lane.
   *
   * @param startNanos when its first byte enters
   * @param endNanos when its last byte has passed
   */
  public record Passage(long startNanos, long endNanos) {}
}
