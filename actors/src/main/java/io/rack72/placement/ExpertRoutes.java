package io.rack72.placement;

import io.rack72.hardware.GpuId;
import java.util.Arrays;
import java.util.Set;

/**
 * Whom one GPU asks for each expert: its owner, or who stands in where the owner is not to be
 * asked. That any GPU may compute any expert, at any time and twice if need be, is what makes it a
 * matter of one asker only: nobody has to agree on it.
 *
 * <p>A stand-in is an owner in another group where there is one, since it has the expert already.
 * Otherwise it is, of the asker's group, whoever has the fewest experts of that layer; the same for
 * all askers who ask around the same GPUs, so each expert is loaded once. Immutable.
 */
public final class ExpertRoutes {
  private final ExpertPlacement placement;
  private final int[] owners;

  private ExpertRoutes(ExpertPlacement placement, int[] owners) {
    this.placement = placement;
    this.owners = owners;
  }

  /**
   * The routes of a GPU that is in the placement.
   *
   * @param out GPUs that are not to be asked; where none would be left, all are asked as if none
   *     were out
   */
  public static ExpertRoutes of(ExpertPlacement placement, GpuId asker, Set<GpuId> out) {
    int group = placement.groupOf(asker);
    int[] owners = placement.owners()[group];
    if (out.isEmpty()) {
      return new ExpertRoutes(placement, owners);
    }
    int[] there =
        Arrays.stream(placement.gpus()).filter(gpu -> !out.contains(new GpuId(gpu))).toArray();
    boolean anyIsOut = Arrays.stream(owners).anyMatch(owner -> out.contains(new GpuId(owner)));
    if (!anyIsOut || there.length == 0) {
      return new ExpertRoutes(placement, owners);
    }
    int[] ofGroup =
        Arrays.stream(there).filter(gpu -> placement.groupOf(new GpuId(gpu)) == group).toArray();
    return new ExpertRoutes(
        placement, around(placement, group, out, ofGroup.length > 0 ? ofGroup : there));
  }

  private static int[] around(
      ExpertPlacement placement, int group, Set<GpuId> out, int[] candidates) {
    int[] owners = placement.owners()[group].clone();
    for (int layer = 0; layer < placement.layers(); layer++) {
      int[] load = new int[candidates.length];
      int first = layer * placement.experts();
      for (int slot = first; slot < first + placement.experts(); slot++) {
        int candidate = Arrays.binarySearch(candidates, owners[slot]);
        if (candidate >= 0) {
          load[candidate]++;
        }
      }
      for (int slot = first; slot < first + placement.experts(); slot++) {
        if (!out.contains(new GpuId(owners[slot]))) {
          continue;
        }
        int replica = replica(placement, group, slot, out);
        if (replica >= 0) {
          owners[slot] = replica;
        } else {
          int least = leastLoaded(load);
          load[least]++;
          owners[slot] = candidates[least];
        }
      }
    }
    return owners;
  }

  /** Who owns a slot in the next group in which that GPU may be asked; -1 where nobody does. */
  private static int replica(ExpertPlacement placement, int group, int slot, Set<GpuId> out) {
    int groups = placement.owners().length;
    for (int i = 1; i < groups; i++) {
      int owner = placement.owners()[(group + i) % groups][slot];
      if (!out.contains(new GpuId(owner))) {
        return owner;
      }
    }
    return -1;
  }

  private static int leastLoaded(int[] load) {
    int least = 0;
    for (int i = 1; i < load.length; i++) {
      if (load[i] < load[least]) {
        least = i;
      }
    }
    return least;
  }

  /** The GPU to ask for an expert. */
  public GpuId owner(int layer, int expert) {
    return new GpuId(owners[layer * placement.experts() + expert]);
  }

  /** Of the placement. */
  public long epoch() {
    return placement.epoch();
  }

  /** Layers of the model. */
  public int layers() {
    return placement.layers();
  }
}
