package io.rack72.device;

/**
 * How long the parts of a step take on one GPU, or on a replica that takes its steps as one, in
 * nanoseconds, and what that time goes on. Implementations are pure functions of their arguments,
 * to the bit and on any machine, and thread-safe.
 *
 * <p>One that knows durations only need not say what they go on: all of it counts as fixed then,
 * and no memory as used. Where it does, its times have the same nanoseconds as its durations.
 */
public interface StepDurations {
  /**
   * Time that the host of a serving stack takes for each new request before it can be in a step:
   * parsing, tokens, admission. Requests do not wait for each other meanwhile.
   */
  default long requestNanos() {
    return 0;
  }

  /** Host time before a step's first kernel: scheduling, inputs, launches. At least 1. */
  long hostNanos(StepShape shape);

  /** All of a layer before its experts: norms, products, attention and router. */
  long attentionNanos(boolean sliding, StepShape shape);

  /** The same, and what it goes on. */
  default KernelTime attentionTime(boolean sliding, StepShape shape) {
    return KernelTime.fixed(attentionNanos(sliding, shape));
  }

  /**
   * One call of the fused expert kernel.
   *
   * @param experts that get any row, whose weights are read
   * @param assignments rows of all of them
   */
  long expertsNanos(int experts, int assignments);

  /** The same, and what it goes on. */
  default KernelTime expertsTime(int experts, int assignments) {
    return KernelTime.fixed(expertsNanos(experts, assignments));
  }

  /**
   * Exchange of rows between the GPUs over which the experts are spread, in one direction.
   *
   * @param bytes that pass the busiest port
   * @param gpus that take part; 1 where nothing moves
   */
  long exchangeNanos(long bytes, int gpus);

  /** The same, and what it goes on. */
  default KernelTime exchangeTime(long bytes, int gpus) {
    return KernelTime.fixed(exchangeNanos(bytes, gpus));
  }

  /**
   * What passes in one layer between the GPUs that share the sequences of a replica, where a
   * replica is what takes steps; 0 where that is one GPU.
   */
  default long reducesNanos(int rows) {
    return 0;
  }

  /** The same, and what it goes on. */
  default KernelTime reducesTime(int rows) {
    return KernelTime.fixed(reducesNanos(rows));
  }

  /**
   * What passes in all of a step between the GPUs that share the sequences of a replica: bytes that
   * leave the ports of all of them together; 0 where that is one GPU.
   */
  default long reducesBytes(int rows, int logitRows) {
    return 0;
  }

  /** The last norm, the output matrix and sampling. */
  long logitsNanos(int rows);

  /** The same, and what it goes on. */
  default KernelTime logitsTime(int rows) {
    return KernelTime.fixed(logitsNanos(rows));
  }
}
