package io.rack72.roofline;

/**
 * What a kernel or a transfer takes. Costs of kernels that run after one another add up.
 *
 * @param micros duration in microseconds
 * @param hbmBytes that pass the memory
 * @param operations floating-point operations that the result needs, padding not counted
 * @param linkBytes that leave the GPU's port
 */
public record KernelCost(double micros, double hbmBytes, double operations, double linkBytes) {
  /** Of nothing. */
  public static final KernelCost NONE = new KernelCost(0, 0, 0, 0);

  /** This and then another. */
  public KernelCost plus(KernelCost next) {
    return new KernelCost(
        micros + next.micros,
        hbmBytes + next.hbmBytes,
        operations + next.operations,
        linkBytes + next.linkBytes);
  }

  /** This so many times. */
  public KernelCost times(double count) {
    return new KernelCost(micros * count, hbmBytes * count, operations * count, linkBytes * count);
  }

  /** The same work with some of its time hidden behind other work or added. */
  public KernelCost withMicros(double other) {
    return new KernelCost(other, hbmBytes, operations, linkBytes);
  }
}
