package io.rack72.model;

/**
 * One step's way through the layers on the GPU that owns its sequences. Called strictly in order:
 * {@code route(0)}, {@code combine(0)}, {@code route(1)}, … and {@code logits} at the end. Not
 * thread-safe.
 *
 * <p>Each call returns at once or after computing; the results are usable from the {@code
 * readyAtNanos} that it tells, on the clock that its {@code nowNanos} came from.
 */
public interface ForwardStep {
  /** Attention and router of a layer over all rows of the step. */
  Routing route(int layer, long nowNanos);

  /**
   * Adds the experts' outputs to the residual stream, weighted, in the order of the router's
   * ranking.
   *
   * @param outputs {@code [rows, expertsPerToken, hiddenSize]}: what each chosen expert gave; null
   *     where the device computes nothing
   * @return when the device is done, in nanoseconds
   */
  long combine(int layer, float[] outputs, long nowNanos);

  /** Last normalisation and output matrix, for the rows whose logits are wanted. */
  Logits logits(long nowNanos);

  /**
   * The logits of a step.
   *
   * @param values {@code [logitRows, vocabSize]}, in row order; null where the device computes
   *     nothing
   * @param readyAtNanos when the device has them
   */
  record Logits(float[] values, long readyAtNanos) {}
}
