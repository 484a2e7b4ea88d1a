package io.rack72.roofline;

/**
 * What a kernel or a transfer takes. Costs of kernels that run after one another add up.
 *
 * @param micros duration in microseconds
 * @param spent what that went on; but for rounding, together the duration
 * @param hbmBytes that pass the memory
 * @param operations floating-point operations that the result needs, padding not counted
 * @param linkBytes that leave the GPU's port
 */
public record KernelCost(
    double micros, Spent spent, double hbmBytes, double operations, double linkBytes) {
  /** Of nothing. */
  public static final KernelCost NONE = new KernelCost(0, Spent.NONE, 0, 0, 0);

  /** This and then another. */
  public KernelCost plus(KernelCost next) {
    return new KernelCost(
        micros + next.micros,
        spent.plus(next.spent),
        hbmBytes + next.hbmBytes,
        operations + next.operations,
        linkBytes + next.linkBytes);
  }

  /** This so many times. */
  public KernelCost times(double count) {
    return new KernelCost(
        micros * count,
        spent.times(count),
        hbmBytes * count,
        operations * count,
        linkBytes * count);
  }

  /**
   * The same work, of which so much of the beginning is hidden behind the kernel before; but half
   * of it is not.
   */
  KernelCost beganEarlier(double overlapMicros) {
    double left = Math.max(micros / 2, micros - overlapMicros);
    return new KernelCost(left, spent.withoutFirst(micros - left), hbmBytes, operations, linkBytes);
  }
}
