package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.ExpertOwner;
import io.rack72.roofline.ExpertCopies;
import java.util.Arrays;

/**
 * Which GPUs of a group hold which experts, of which some may be on several. An expert's rows are
 * split evenly over its copies. Implementations answer the same for as long as a step lasts.
 */
public interface ExpertSlots {
  /** Copies of an expert of a layer, 1 at least. */
  int copies(int layer, int expert);

  /** The GPU of the group, from 0, that holds one of the copies; each is on another. */
  int gpuOf(int layer, int expert, int copy);

  /** Each expert once. */
  static ExpertSlots ownedBy(ExpertOwner owner) {
    return new ExpertSlots() {
      @Override
      public int copies(int layer, int expert) {
        return 1;
      }

      @Override
      public int gpuOf(int layer, int expert, int copy) {
        return owner.gpuOf(layer, expert);
      }
    };
  }

  /**
   * Each layer's experts dealt by their popularity there, with copies where slots are to spare. No
   * GPU is the busiest in all layers: each layer begins to deal at another.
   *
   * @param gpus of the group
   * @param slotsPerGpu room for experts of a layer on each
   * @throws IllegalArgumentException if there are fewer slots than experts
   */
  static ExpertSlots byPopularity(
      ModelConfig config, RoutingModel routing, int gpus, int slotsPerGpu) {
    ExpertCopies[] layers = new ExpertCopies[config.layers()];
    Arrays.setAll(
        layers,
        layer -> {
          double[] shares = new double[config.experts()];
          Arrays.setAll(shares, expert -> routing.popularity(layer, expert));
          return ExpertCopies.dealt(shares, gpus, slotsPerGpu);
        });
    return new ExpertSlots() {
      @Override
      public int copies(int layer, int expert) {
        return layers[layer].count(expert);
      }

      @Override
      public int gpuOf(int layer, int expert, int copy) {
        long first = (long) layer * gpus / layers.length;
        return (int) ((layers[layer].gpu(expert, copy) + first) % gpus);
      }
    };
  }
}
