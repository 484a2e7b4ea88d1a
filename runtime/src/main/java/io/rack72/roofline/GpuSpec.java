package io.rack72.roofline;

/**
 * One GPU's data sheet, as far as durations depend on it. Immutable.
 *
 * @param name for messages
 * @param architecture whose kernels it runs
 * @param multiprocessors streaming multiprocessors that are enabled
 * @param hbmBytes memory
 * @param hbmBytesPerSecond bandwidth of the memory
 * @param bf16PerSecond floating-point operations on dense bf16 matrices
 * @param fp8PerSecond on dense fp8 matrices
 * @param cacheBytes level-2 cache
 * @param linkBytesPerSecond of the port to other GPUs, in each direction
 * @param linkNanos time across the fabric, from the last byte's leaving to its being usable
 * @param watts power at full load
 */
public record GpuSpec(
    String name,
    Architecture architecture,
    int multiprocessors,
    long hbmBytes,
    double hbmBytesPerSecond,
    double bf16PerSecond,
    double fp8PerSecond,
    long cacheBytes,
    double linkBytesPerSecond,
    double linkNanos,
    double watts) {

  public GpuSpec {
    check("multiprocessors", multiprocessors);
    check("memory", (double) hbmBytes);
    check("memory bandwidth", hbmBytesPerSecond);
    check("bf16 rate", bf16PerSecond);
    check("fp8 rate", fp8PerSecond);
    check("cache", (double) cacheBytes);
    check("link bandwidth", linkBytesPerSecond);
    check("power", watts);
    if (!(linkNanos >= 0)) {
      throw new IllegalArgumentException("link latency is not negative: " + linkNanos);
    }
  }

  private static void check(String what, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a GPU's " + what + " is positive, not " + value);
    }
  }
}
