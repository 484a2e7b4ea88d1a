package io.rack72.model;

/**
 * What a GPU computes with. The device decides what a kernel gives and how long it takes;
 * everything around it is the same whether it computes or only knows the durations. Used by one GPU
 * at a time; not thread-safe.
 */
public interface Device {
  /**
   * Gives this GPU an expert of the model; one that it has already stays. Where that takes time,
   * rows for the expert wait for it.
   */
  void load(int layer, int expert, long nowNanos);

  /** Takes an expert away; one that the GPU does not have is ignored. */
  void unload(int layer, int expert);

  /** Begins a step: embeds its tokens. */
  ForwardStep begin(StepBatch batch);

  /**
   * Runs this GPU's experts over dispatched hidden states.
   *
   * @param layer whose experts
   * @param hidden {@code [n, hiddenSize]}; null where the device computes nothing
   * @param rows for each assignment, the row of {@code hidden} that goes into the expert
   * @param experts for each assignment, the expert; this GPU owns it
   */
  ExpertOutputs experts(int layer, float[] hidden, int[] rows, int[] experts, long nowNanos);

  /**
   * What the experts gave.
   *
   * @param values {@code [assignments, hiddenSize]}, unweighted, bias included; null where the
   *     device computes nothing
   * @param readyAtNanos when the device has them
   */
  record ExpertOutputs(float[] values, long readyAtNanos) {}
}
