package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.RotaryTable;
import java.util.Arrays;

/**
 * A device that computes, on the machine's processor. Its results are ready as soon as a call
 * returns: the clock has moved by itself meanwhile, so {@code readyAtNanos} is the {@code nowNanos}
 * of the call.
 *
 * <p>Steps share no state but the sequences' KV blocks, and experts none at all, so experts may run
 * between the calls of a step.
 */
public final class CpuDevice implements Device {
  private final ModelWeights weights;
  private final Kernels kernels;
  private final RotaryTable rotary;
  private final ExpertSlots slots;
  private final ForwardObserver observer;

  /**
   * Makes the device of one GPU.
   *
   * @param rotary of the same model
   * @param slots the experts that the GPU owns, the only ones it runs
   * @param observer sees the intermediate states of every step
   */
  public CpuDevice(
      ModelWeights weights,
      Kernels kernels,
      RotaryTable rotary,
      ExpertSlots slots,
      ForwardObserver observer) {
    this.weights = weights;
    this.kernels = kernels;
    this.rotary = rotary;
    this.slots = slots;
    this.observer = observer;
  }

  @Override
  public void load(int layer, int expert, long nowNanos) {
    slots.load(layer, expert, weights.expert(layer, expert));
  }

  @Override
  public void unload(int layer, int expert) {
    slots.unload(layer, expert);
  }

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new CpuForwardStep(weights, kernels, rotary, observer, batch);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The assignments are grouped by expert, so that its packed weights are decoded once for all
   * its rows. The values are a new array, the caller's to keep.
   *
   * @throws IllegalStateException where the GPU does not own one of the experts
   */
  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    ModelConfig config = weights.config();

    // A counting sort: the assignments of expert e become byExpert[first[e]] to
    // byExpert[first[e + 1] - 1].
    int[] first = new int[config.experts() + 1];
    for (int expert : experts) {
      first[expert + 1]++;
    }
    for (int e = 0; e < config.experts(); e++) {
      first[e + 1] += first[e];
    }
    int[] next = first.clone();
    int[] byExpert = new int[experts.length];
    for (int i = 0; i < experts.length; i++) {
      byExpert[next[experts[i]]++] = i;
    }

    float[] values = new float[experts.length * config.hiddenSize()];
    for (int e = 0; e < config.experts(); e++) {
      if (first[e] < first[e + 1]) {
        int[] assignments = Arrays.copyOfRange(byExpert, first[e], first[e + 1]);
        run(slots.expert(layer, e), hidden, rows, assignments, values);
      }
    }
    return new ExpertOutputs(values, nowNanos);
  }

  private void run(
      ModelWeights.Expert expert, float[] hidden, int[] rows, int[] assignments, float[] values) {
    ModelConfig config = weights.config();
    int size = config.hiddenSize();
    int width = config.intermediateSize();
    int n = assignments.length;

    float[] x = new float[n * size];
    for (int i = 0; i < n; i++) {
      System.arraycopy(hidden, rows[assignments[i]] * size, x, i * size, size);
    }

    float[] gateUp = new float[n * 2 * width];
    float[] inner = new float[n * width];
    kernels.multiply(expert.gateUp(), expert.gateUpBias(), x, n, gateUp);
    kernels.swiglu(gateUp, n, width, config.swigluLimit(), inner);
    kernels.multiply(expert.down(), expert.downBias(), inner, n, x);

    for (int i = 0; i < n; i++) {
      System.arraycopy(x, i * size, values, assignments[i] * size, size);
    }
  }
}
