package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.WeightBytes;

/**
 * Durations by the roofline: a kernel takes as long as its bytes need from memory or its operations
 * on the matrix units, whichever is longer, at a part of the rates of the data sheet. After S.
 * Williams, A. Waterman and D. Patterson, "Roofline: An Insightful Visual Performance Model", CACM
 * 2009. The parts and the times of launches are assumptions, not fitted to measurements. Immutable.
 *
 * @param kvElementBytes of one element of keys and values
 * @param expertBytes weights of one expert of one layer
 */
public record RooflineDurations(
    ModelConfig config, GpuRates rates, int kvElementBytes, long expertBytes)
    implements StepDurations {
  /** Of the data sheet's bandwidth, what large kernels reach. */
  private static final double OF_BANDWIDTH = 0.8;

  /** Of the data sheet's operations, what large kernels reach. */
  private static final double OF_OPERATIONS = 0.6;

  /** From the end of a kernel to the work of the next, in a recorded graph of kernels. */
  private static final double LAUNCH_NANOS = 2_000;

  // Norm and query, key and value; attention; output; norm and router.
  private static final int ATTENTION_KERNELS = 4;
  // Gate and up; down.
  private static final int EXPERT_KERNELS = 2;
  private static final int LOGIT_KERNELS = 2;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int BF16_BYTES = 2;
  // A multiplication and an addition.
  private static final int OPERATIONS = 2;

  /** Of a model whose weights are as its checkpoint stores them. */
  public RooflineDurations(ModelConfig config, GpuRates rates, int kvElementBytes) {
    this(config, rates, kvElementBytes, WeightBytes.of(config).expert());
  }

  @Override
  public long hostNanos(StepShape shape) {
    return rates.hostStepNanos()
        + rates.hostSequenceNanos() * (shape.decodes() + shape.chunks().size());
  }

  @Override
  public long attentionNanos(boolean sliding, StepShape shape) {
    double weights =
        (double) config.hiddenSize()
            * (2 * config.queryWidth() + 2 * config.kvWidth() + config.experts());
    double products =
        nanos(weights * BF16_BYTES, OPERATIONS * weights * shape.rows(), rates.bf16PerSecond());
    double decodeKeys = sliding ? shape.decodeKeysInWindow() : shape.decodeKeys();
    double keys = decodeKeys;
    double pairs = decodeKeys;
    for (StepShape.Chunk chunk : shape.chunks()) {
      // Each row sees those before it, and in a sliding layer no more than the window.
      double mean = chunk.firstPosition() + (chunk.rows() + 1) / 2.0;
      double seen = sliding ? Math.min(mean, config.slidingWindow()) : mean;
      pairs += seen * chunk.rows();
      double held = chunk.firstPosition() + chunk.rows();
      keys += sliding ? Math.min(held, (double) config.slidingWindow() + chunk.rows()) : held;
    }
    double attention =
        nanos(
            keys * 2 * config.kvWidth() * kvElementBytes,
            2 * OPERATIONS * pairs * config.queryWidth(),
            rates.bf16PerSecond());
    return Math.round(ATTENTION_KERNELS * LAUNCH_NANOS + products + attention);
  }

  @Override
  public long expertsNanos(int experts, int assignments) {
    if (assignments == 0) {
      return 0;
    }
    double operations =
        OPERATIONS * 3.0 * config.hiddenSize() * config.intermediateSize() * assignments;
    return Math.round(
        EXPERT_KERNELS * LAUNCH_NANOS
            + nanos(experts * (double) expertBytes, operations, rates.fp8PerSecond()));
  }

  @Override
  public long exchangeNanos(long bytes, int gpus) {
    return gpus == 1
        ? 0
        : Math.round(
            LAUNCH_NANOS
                + rates.linkNanos()
                + bytes / (OF_BANDWIDTH * rates.linkBytesPerSecond()) * NANOS_PER_SECOND);
  }

  @Override
  public long logitsNanos(int rows) {
    if (rows == 0) {
      return 0;
    }
    double weights = (double) config.vocabSize() * config.hiddenSize();
    return Math.round(
        LOGIT_KERNELS * LAUNCH_NANOS
            + nanos(weights * BF16_BYTES, OPERATIONS * weights * rows, rates.bf16PerSecond()));
  }

  private double nanos(double bytes, double operations, double operationsPerSecond) {
    return NANOS_PER_SECOND
        * Math.max(
            bytes / (OF_BANDWIDTH * rates.hbmBytesPerSecond()),
            operations / (OF_OPERATIONS * operationsPerSecond));
  }
}
