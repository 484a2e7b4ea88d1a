package io.rack72.device;

/**
 * Where the time of steps went, in nanoseconds, and what they moved.
 *
 * @param hostNanos in which the GPUs waited for their hosts
 * @param attentionNanos everything of the layers before their experts, of the slowest GPU
 * @param expertsNanos the fused expert kernels, of the busiest GPU
 * @param exchangeNanos rows on their way to the experts and back, and sums within replicas
 * @param logitsNanos output matrix and sampling
 * @param exchangedBytes that left the GPUs' ports
 */
public record StepTerms(
    long hostNanos,
    long attentionNanos,
    long expertsNanos,
    long exchangeNanos,
    long logitsNanos,
    long exchangedBytes) {
  /** Of no step. */
  public static final StepTerms NONE = new StepTerms(0, 0, 0, 0, 0, 0);

  /** Time on the GPUs. */
  public long deviceNanos() {
    return attentionNanos + expertsNanos + exchangeNanos + logitsNanos;
  }

  /** These steps and others. */
  public StepTerms plus(StepTerms more) {
    return new StepTerms(
        hostNanos + more.hostNanos,
        attentionNanos + more.attentionNanos,
        expertsNanos + more.expertsNanos,
        exchangeNanos + more.exchangeNanos,
        logitsNanos + more.logitsNanos,
        exchangedBytes + more.exchangedBytes);
  }
}
