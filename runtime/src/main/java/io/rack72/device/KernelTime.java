package io.rack72.device;

import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.KernelCost;
import io.rack72.roofline.Spent;

/**
 * What a kernel, or several that run after one another, take on one GPU.
 *
 * @param nanos duration, in nanoseconds
 * @param spent what it went on, in microseconds; but for rounding, together the duration
 * @param hbmMicros in which the memory would have moved as many bytes at its data sheet's rate
 */
public record KernelTime(long nanos, Spent spent, double hbmMicros) {
  /** Of no kernel. */
  public static final KernelTime NONE = new KernelTime(0, Spent.NONE, 0);

  private static final double NANOS_PER_MICRO = 1e3;
  private static final double MICROS = 1e6;

  /** A kernel's cost on the GPU that it was told for, in whole nanoseconds. */
  static KernelTime of(KernelCost cost, GpuSpec gpu) {
    long nanos = Math.round(NANOS_PER_MICRO * cost.micros());
    // So that parts of many rounded durations are never more than these.
    double rounding = cost.micros() == 0 ? 1 : nanos / (NANOS_PER_MICRO * cost.micros());
    return new KernelTime(
        nanos, cost.spent().times(rounding), MICROS * cost.hbmBytes() / gpu.hbmBytesPerSecond());
  }

  /** Of which nothing is known but how long it is: it counts as fixed. */
  static KernelTime fixed(long nanos) {
    return new KernelTime(nanos, Spent.fixed(nanos / NANOS_PER_MICRO), 0);
  }
}
