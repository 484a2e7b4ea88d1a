package io.rack72.gpu;

import static java.util.stream.Collectors.toSet;

import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement.Slot;
import io.rack72.placement.Placement;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * The experts that lie in a GPU's HBM: those that its placements give it, and <i>guests</i>, which
 * it computes in place of an owner that does not answer. Guests stay, for they will be asked for
 * again, until a placement is released, which says who owns them now, or until their room is
 * needed. Not thread-safe.
 */
final class HeldExperts {
  private final GpuId gpu;
  private final Device device;
  private final NavigableMap<Long, Placement> placements = new TreeMap<>();
  // The one that was asked for the longest time ago comes first.
  private final LinkedHashSet<Slot> guests = new LinkedHashSet<>();
  private Set<Slot> owned = Set.of();
  // The same by layer, for what every dispatch asks.
  private BitSet[] ownedOf = new BitSet[0];

  /**
   * @param device into which they are loaded
   */
  HeldExperts(GpuId gpu, Device device) {
    this.gpu = gpu;
    this.device = device;
  }

  /** Holds what a placement gives the GPU, beside what it holds already. */
  void prepare(Placement placement, long nowNanos) {
    placements.put(placement.epoch(), placement);
    own();
    owned.stream()
        .sorted(Comparator.comparingInt(Slot::layer).thenComparingInt(Slot::expert))
        .forEach(slot -> device.load(slot.layer(), slot.expert(), nowNanos));
    guests.removeAll(owned);
  }

  /** Lets go what only placements before this one gave the GPU, and all guests. */
  void releaseBefore(long epoch) {
    Set<Slot> before = owned;
    placements.headMap(epoch).clear();
    own();
    guests.addAll(before);
    guests.removeAll(owned);
    guests.forEach(slot -> device.unload(slot.layer(), slot.expert()));
    guests.clear();
  }

  private void own() {
    owned =
        placements.values().stream()
            .flatMap(each -> each.experts().slotsOf(gpu).stream())
            .collect(toSet());
    int layers =
        placements.values().stream().mapToInt(each -> each.experts().layers()).max().orElse(0);
    ownedOf = new BitSet[layers];
    Arrays.setAll(ownedOf, _ -> new BitSet());
    owned.forEach(slot -> ownedOf[slot.layer()].set(slot.expert()));
  }

  private boolean ownsAll(int layer, int[] experts) {
    BitSet ofLayer = ownedOf[layer];
    for (int expert : experts) {
      if (!ofLayer.get(expert)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes experts of a layer as guests as far as the GPU does not hold them, in the place of others
   * if need be.
   *
   * @param room guests for which there is room
   * @return whether there was room for all
   */
  boolean host(int layer, int[] experts, long room, long nowNanos) {
    if (ownsAll(layer, experts)) {
      return true;
    }
    Set<Slot> wanted =
        Arrays.stream(experts).mapToObj(expert -> new Slot(layer, expert)).collect(toSet());
    wanted.removeAll(owned);
    if (!wanted.isEmpty() && wanted.size() > room) {
      return false;
    }
    for (Slot slot : wanted) {
      if (!guests.remove(slot)) {
        device.load(slot.layer(), slot.expert(), nowNanos);
      }
      guests.add(slot);
    }
    while (!guests.isEmpty() && guests.size() > room) {
      Slot oldest = guests.removeFirst();
      device.unload(oldest.layer(), oldest.expert());
    }
    return true;
  }

  /** Whether the placement of an epoch was prepared, and not released yet. */
  boolean follows(long epoch) {
    return placements.containsKey(epoch);
  }

  /** A placement that was prepared. */
  Placement placement(long epoch) {
    return placements.get(epoch);
  }

  /** Whether one of the placements after this epoch lets the GPU take sequences. */
  boolean willAttend(long after) {
    return placements.tailMap(after, false).values().stream().anyMatch(next -> next.attends(gpu));
  }

  /** Epochs of the placements that are followed. */
  SortedSet<Long> epochs() {
    return placements.navigableKeySet();
  }

  /** Experts owned, over all layers. */
  int owned() {
    return owned.size();
  }

  /** Experts held in place of others. */
  int guests() {
    return guests.size();
  }
}
