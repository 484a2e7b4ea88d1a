package io.rack72.fabric;

/**
 * What went through one NVLink port since the start, and how it is.
 *
 * @param sentBytes payload bytes that left the GPU
 * @param receivedBytes payload bytes that arrived
 * @param sentFrames frames that left
 * @param receivedFrames frames that arrived
 * @param waitingNanos time that departing frames spent in the queue before their first byte left
 * @param slow whether it has much less than its bandwidth now
 */
public record PortCounters(
    long sentBytes,
    long receivedBytes,
    long sentFrames,
    long receivedFrames,
    long waitingNanos,
    boolean slow) {
  /** A port that nothing went through. */
  public static final PortCounters NONE = new PortCounters(0, 0, 0, 0, 0, false);
}
