package io.rack72.gpu;

import static java.util.stream.Collectors.toSet;

import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement.Slot;
import io.rack72.placement.Placement;
import java.util.Arrays;
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

  /**
   * @param device into which they are loaded
   */
  HeldExperts(GpuId gpu, Device device) {
    this.gpu = gpu;
    this.device = device;
  }

  /** Holds what a placement gives the GPU, beside what it holds already. */
  void prepare(Placement placement) {
    placements.put(placement.epoch(), placement);
    owned = slots();
    owned.forEach(slot -> device.load(slot.layer(), slot.expert()));
    guests.removeAll(owned);
  }

  /** Lets go what only placements before this one gave the GPU, and all guests. */
  void releaseBefore(long epoch) {
    Set<Slot> before = owned;
    placements.headMap(epoch).clear();
    owned = slots();
    guests.addAll(before);
    guests.removeAll(owned);
    guests.forEach(slot -> device.unload(slot.layer(), slot.expert()));
    guests.clear();
  }

  private Set<Slot> slots() {
    return placements.values().stream()
        .flatMap(each -> each.experts().slotsOf(gpu).stream())
        .collect(toSet());
  }

  /**
   * Takes experts of a layer as guests as far as the GPU does not hold them, in the place of others
   * if need be.
   *
   * @param room guests for which there is room
   * @return whether there was room for all
   */
  boolean host(int layer, int[] experts, long room) {
    Set<Slot> wanted =
        Arrays.stream(experts).mapToObj(expert -> new Slot(layer, expert)).collect(toSet());
    wanted.removeAll(owned);
    if (!wanted.isEmpty() && wanted.size() > room) {
      return false;
    }
    for (Slot slot : wanted) {
      if (!guests.remove(slot)) {
        device.load(slot.layer(), slot.expert());
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
