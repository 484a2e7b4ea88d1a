package io.rack72.hardware;

/**
 * What one GPU has, as far as the rack must know it.
 *
 * @param hbmBytes memory for weights, KV blocks and workspace
 * @param nvlinkBytesPerSecond bandwidth of the GPU's NVLink port in each direction
 * @param nvlinkLatencyNanos time from the last byte's leaving one port to its being usable at
 *     another
 */
public record GpuProfile(long hbmBytes, long nvlinkBytesPerSecond, long nvlinkLatencyNanos) {
  public GpuProfile {
    if (hbmBytes <= 0) {
      throw new IllegalArgumentException("HBM is at least one byte: " + hbmBytes);
    }
    if (nvlinkBytesPerSecond <= 0) {
      throw new IllegalArgumentException("NVLink bandwidth is positive: " + nvlinkBytesPerSecond);
    }
    if (nvlinkLatencyNanos < 0) {
      throw new IllegalArgumentException("latency is not negative: " + nvlinkLatencyNanos);
    }
  }
}
