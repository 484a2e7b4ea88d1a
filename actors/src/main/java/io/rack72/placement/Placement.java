package io.rack72.placement;

import io.rack72.hardware.GpuId;
import java.util.ArrayList;
import java.util.List;

/**
 * Who does what in the rack, as of an epoch: which GPUs own which experts, and which take
 * sequences. Immutable.
 *
 * @param experts who owns them
 * @param attending the GPUs that take sequences, ascending
 */
public record Placement(ExpertPlacement experts, List<GpuId> attending) {
  public Placement {
    attending = attending.stream().sorted().toList();
    for (GpuId gpu : attending) {
      if (!experts.has(gpu)) {
        throw new IllegalArgumentException(gpu + " cannot take sequences: it is not there");
      }
    }
  }

  /**
   * The first placement: of the GPUs that are there, the first take sequences.
   *
   * @param dataParallel how many do, or all where there are fewer
   */
  public static Placement first(ExpertPlacement experts, int dataParallel) {
    return new Placement(experts, attending(experts, List.of(), dataParallel));
  }

  /**
   * The placement on other GPUs. Those that take sequences go on to, as long as they are there.
   *
   * @param degree GPUs over which each copy of the experts is spread
   */
  public Placement moved(long epoch, int degree, int dataParallel, List<GpuId> gpus) {
    ExpertPlacement moved = experts.moved(epoch, degree, gpus);
    return new Placement(moved, attending(moved, attending, dataParallel));
  }

  private static List<GpuId> attending(
      ExpertPlacement experts, List<GpuId> before, int dataParallel) {
    List<GpuId> attending = new ArrayList<>(before.stream().filter(experts::has).toList());
    for (int index : experts.gpus()) {
      GpuId gpu = new GpuId(index);
      if (attending.size() < dataParallel && !attending.contains(gpu)) {
        attending.add(gpu);
      }
    }
    return attending;
  }

  /** Number of the placement; a later one replaces it. */
  public long epoch() {
    return experts.epoch();
  }

  /** Whether a GPU takes sequences. */
  public boolean attends(GpuId gpu) {
    return attending.contains(gpu);
  }
}
