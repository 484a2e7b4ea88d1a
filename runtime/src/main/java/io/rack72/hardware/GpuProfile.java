package io.rack72.hardware;

/**
 * What one GPU has, as far as the rack must know it.
 *
 * @param hbmBytes memory for weights, KV blocks and workspace
 * @param nvlinkBytesPerSecond bandwidth of the GPU's NVLink port in each direction
 * @param nvlinkLatencyNanos time from the last byte's leaving one port to its being usable at
 *     another
 * @param hostBytes memory of the GPU's host, its part of it where GPUs share a host
 * @param hostBytesPerSecond bandwidth between the two in each direction, its part of it likewise
 */
public record GpuProfile(
    long hbmBytes,
    long nvlinkBytesPerSecond,
    long nvlinkLatencyNanos,
    long hostBytes,
    long hostBytesPerSecond) {
  public GpuProfile {
    if (hostBytes < 0) {
      throw new IllegalArgumentException("a host's memory is not negative: " + hostBytes);
    }
    if (hostBytesPerSecond <= 0) {
      throw new IllegalArgumentException(
          "the bandwidth to the host is positive: " + hostBytesPerSecond);
    }
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

  /** A GPU without memory on its host. */
  public GpuProfile(long hbmBytes, long nvlinkBytesPerSecond, long nvlinkLatencyNanos) {
    this(hbmBytes, nvlinkBytesPerSecond, nvlinkLatencyNanos, 0, 1);
  }
}
