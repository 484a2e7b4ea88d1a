package io.rack72.gpu;

import io.rack72.link.Lane;

/**
 * The link between a GPU and the memory of its host, over which KV blocks are evicted and brought
 * back: two queues in time, one for each direction. Not thread-safe.
 */
public final class HostLink {
  private final Lane out;
  private final Lane in;

  /**
   * @param bytesPerSecond in each direction
   */
  public HostLink(long bytesPerSecond) {
    out = new Lane(bytesPerSecond);
    in = new Lane(bytesPerSecond);
  }

  /**
   * Moves blocks both ways.
   *
   * @return when the last byte has passed, in nanoseconds; at least {@code nowNanos}
   */
  long move(long nowNanos, long outBytes, long inBytes) {
    return Math.max(pass(out, nowNanos, outBytes), pass(in, nowNanos, inBytes));
  }

  private static long pass(Lane lane, long nowNanos, long bytes) {
    long end = nowNanos;
    for (long left = bytes; left > 0; left -= Lane.MAX_BYTES) {
      end = lane.pass(nowNanos, Math.min(left, Lane.MAX_BYTES)).endNanos();
    }
    return end;
  }
}
