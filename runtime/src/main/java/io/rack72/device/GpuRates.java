package io.rack72.device;

import java.util.Map;

/**
 * What a GPU can do at best, from its data sheet, and what its software takes besides.
 *
 * @param hbmBytesPerSecond bandwidth of its memory
 * @param bf16PerSecond floating-point operations on dense bf16 matrices
 * @param fp8PerSecond on dense fp8 matrices: MXFP4 weights meet 8-bit activations
 * @param linkBytesPerSecond bandwidth of its port in each direction
 * @param linkNanos time across the fabric
 * @param hostStepNanos host time of each step
 * @param hostSequenceNanos host time of each sequence of a step
 */
public record GpuRates(
    double hbmBytesPerSecond,
    double bf16PerSecond,
    double fp8PerSecond,
    double linkBytesPerSecond,
    long linkNanos,
    long hostStepNanos,
    long hostSequenceNanos) {
  // Host times of both are assumptions: serving stacks take about a millisecond for a step, and
  // some
  // microseconds more for each sequence of it.
  private static final long HOST_STEP_NANOS = 1_000_000;
  private static final long HOST_SEQUENCE_NANOS = 2_000;

  /** By the names of rack profiles. */
  private static final Map<String, GpuRates> OF_PROFILES =
      Map.of(
          // NVIDIA, "GB200 NVL72" data sheet, each figure for one GPU of 72.
          "gb200-nvl72",
          new GpuRates(8e12, 2.5e15, 5e15, 900e9, 1_000, HOST_STEP_NANOS, HOST_SEQUENCE_NANOS),
          // NVIDIA, "HGX B200" data sheet.
          "hgx-b200",
          new GpuRates(
              7.7e12, 2.25e15, 4.5e15, 900e9, 1_000, HOST_STEP_NANOS, HOST_SEQUENCE_NANOS));

  /**
   * The rates of a rack profile's GPUs.
   *
   * @throws IllegalArgumentException where they are not known
   */
  public static GpuRates of(String profile) {
    GpuRates rates = OF_PROFILES.get(profile);
    if (rates == null) {
      throw new IllegalArgumentException(
          "what the GPUs of rack '%s' can do is not known; known are gb200-nvl72 and hgx-b200"
              .formatted(profile));
    }
    return rates;
  }
}
