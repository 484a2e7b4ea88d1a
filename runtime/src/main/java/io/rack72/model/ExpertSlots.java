package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;

/** The experts that one GPU owns, filled by whoever places experts on it. Not thread-safe. */
public final class ExpertSlots {
  private final GpuId gpu;
  private final ModelWeights.Expert[][] experts;
  private int count;

  /**
   * Makes a GPU that owns no experts yet.
   *
   * @param config tells how many layers and experts there are
   */
  public ExpertSlots(GpuId gpu, ModelConfig config) {
    this.gpu = gpu;
    experts = new ModelWeights.Expert[config.layers()][config.experts()];
  }

  /** Gives the GPU an expert. */
  public void load(int layer, int expert, ModelWeights.Expert weights) {
    if (experts[layer][expert] == null) {
      count++;
    }
    experts[layer][expert] = weights;
  }

  /** Takes an expert away; one that the GPU does not own is ignored. */
  public void unload(int layer, int expert) {
    if (experts[layer][expert] != null) {
      count--;
    }
    experts[layer][expert] = null;
  }

  /** Whether the GPU owns the expert. */
  public boolean owns(int layer, int expert) {
    return experts[layer][expert] != null;
  }

  /** Experts owned, over all layers. */
  public int count() {
    return count;
  }

  /**
   * The weights of an expert.
   *
   * @throws IllegalStateException where the GPU does not own it
   */
  public ModelWeights.Expert expert(int layer, int expert) {
    ModelWeights.Expert weights = experts[layer][expert];
    if (weights == null) {
      throw new IllegalStateException(
          gpu + " does not own expert " + expert + " of layer " + layer + " and cannot run it");
    }
    return weights;
  }
}
