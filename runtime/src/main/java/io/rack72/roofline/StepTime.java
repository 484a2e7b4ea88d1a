package io.rack72.roofline;

/**
 * Where the time of a step goes, on the busiest GPU. Costs are of all layers together.
 *
 * @param dense products of attention, router and logits
 * @param attention over keys and values
 * @param experts fused mixtures
 * @param links all-reduces, or dispatch and combine
 * @param passes norms and sampling
 * @param hostMicros in which the GPUs wait for their host
 */
public record StepTime(
    KernelCost dense,
    KernelCost attention,
    KernelCost experts,
    KernelCost links,
    KernelCost passes,
    double hostMicros) {

  /** Of the step, in microseconds. */
  public double micros() {
    return device().micros() + hostMicros;
  }

  /** All that runs on the GPU. */
  public KernelCost device() {
    return dense.plus(attention).plus(experts).plus(links).plus(passes);
  }
}
