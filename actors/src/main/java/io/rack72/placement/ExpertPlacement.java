package io.rack72.placement;

import io.rack72.hardware.GpuId;
import java.util.ArrayList;
import java.util.List;

/**
 * Which GPU owns which experts. The rack is cut into groups of {@code degree} consecutive GPUs, and
 * each group holds every expert of every layer once. Where the degree does not divide the rack, the
 * GPUs left over own no experts and use the last group's.
 *
 * <p>Within a group the experts of a layer are dealt out in turn, and each layer goes on dealing
 * where the one before it stopped. So where experts do not divide evenly the remainder falls on
 * other GPUs in each layer, and over all layers no GPU owns more than one expert more than another.
 *
 * @param epoch number of the placement; a later one replaces it
 * @param gpus GPUs in the rack
 * @param degree GPUs in a group, 1 to {@code gpus}
 * @param layers layers of the model
 * @param experts experts of each layer
 */
public record ExpertPlacement(long epoch, int gpus, int degree, int layers, int experts) {
  /** One expert of one layer. */
  public record Slot(int layer, int expert) {}

  public ExpertPlacement {
    if (degree < 1 || degree > gpus) {
      throw new IllegalArgumentException(
          "the expert-parallel degree is 1 to " + gpus + ", the GPUs of the rack, not " + degree);
    }
  }

  /** The GPU that computes an expert for the sequences of {@code asker}. */
  public GpuId owner(GpuId asker, int layer, int expert) {
    int group = Math.min(asker.index() / degree, gpus / degree - 1);
    long dealt = (long) layer * experts + expert;
    return new GpuId(group * degree + (int) (dealt % degree));
  }

  /** All slots that a GPU owns, by layer and expert. */
  public List<Slot> slotsOf(GpuId gpu) {
    List<Slot> slots = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (int expert = 0; expert < experts; expert++) {
        if (owner(gpu, layer, expert).equals(gpu)) {
          slots.add(new Slot(layer, expert));
        }
      }
    }
    return slots;
  }
}
