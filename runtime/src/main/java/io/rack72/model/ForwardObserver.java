package io.rack72.model;

/**
 * Looks on while a forward pass computes, so that its intermediate states can be compared with a
 * reference. Called on the computing thread.
 */
@FunctionalInterface
public interface ForwardObserver {
  /** Looks at nothing, and costs one empty call per stage. */
  ForwardObserver NONE = (stage, layer, values, rows) -> {};

  /**
   * Shows a state of the forward pass.
   *
   * @param layer the layer; for {@link Stage#EMBEDDING} -1, for {@link Stage#FINAL_NORM} the number
   *     of layers
   * @param values row-major, {@code rows} rows from the start of the array; valid during the call
   *     only and not to be changed
   * @param rows rows of the step; for {@link Stage#FINAL_NORM} the rows whose logits are wanted
   */
  void saw(Stage stage, int layer, float[] values, int rows);

  /** A point in the forward pass, in the order in which a token passes them. */
  enum Stage {
    /** Token embeddings, {@code [rows, hiddenSize]}. */
    EMBEDDING,
    /** Residual stream after attention was added, {@code [rows, hiddenSize]}. */
    AFTER_ATTENTION,
    /** All router logits, {@code [rows, experts]}. */
    ROUTER_LOGITS,
    /** Residual stream after the whole layer, {@code [rows, hiddenSize]}. */
    HIDDEN,
    /** What the output matrix is applied to, {@code [rows, hiddenSize]}. */
    FINAL_NORM
  }
}
