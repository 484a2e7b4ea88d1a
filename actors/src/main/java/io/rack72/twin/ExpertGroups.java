package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.device.ExpertGroup;
import io.rack72.device.ExpertSlots;
import io.rack72.device.GpuTime;
import io.rack72.device.GroupLinks;
import io.rack72.device.GroupMember;
import io.rack72.device.LinkTraffic;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepTerms;
import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.rack.RackSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * A rack's GPUs in the groups that take their steps together, as its placement has them. Used by
 * one thread at a time.
 */
final class ExpertGroups {
  private final ModelConfig config;
  private final RoutingModel routing;
  private final StepDurations durations;
  private final int exchangeBytes;
  private final IntFunction<Optional<ExpertSlots>> copies;
  private final LinkTraffic traffic;
  // Part of its bandwidth that each GPU's port has.
  private final double[] portFactors;
  // All that ever were: steps of earlier ones may not be over.
  private final List<ExpertGroup> all = new ArrayList<>();
  private final AtomicLong promptDue = new AtomicLong(Long.MIN_VALUE);
  private long lateNanos;
  private ExpertPlacement placement;
  private GroupMember[] members;

  /**
   * @param exchangeBytes of an element of the rows that GPUs exchange
   * @param copies of experts on a group of so many GPUs; where there are none, each is where the
   *     placement has it
   * @param traffic is told what passes between GPUs
   */
  ExpertGroups(
      ModelConfig config,
      RackSettings settings,
      RoutingModel routing,
      StepDurations durations,
      int exchangeBytes,
      IntFunction<Optional<ExpertSlots>> copies,
      LinkTraffic traffic) {
    this.config = config;
    this.routing = routing;
    this.durations = durations;
    this.exchangeBytes = exchangeBytes;
    this.copies = copies;
    this.traffic = traffic;
    portFactors = new double[settings.profile().gpuCount()];
    Arrays.fill(portFactors, 1);
    placement =
        new ExpertPlacement(
            1,
            settings.expertParallel(),
            config.layers(),
            config.experts(),
            settings.profile().gpus());
    members = grouped(placement, new GroupMember[0]);
  }

  /**
   * Each GPU's place; null where it is not there.
   *
   * @param former placement; a group that is the same in both goes on
   * @param formerPlaces in that; none at first
   */
  private GroupMember[] grouped(ExpertPlacement former, GroupMember[] formerPlaces) {
    GroupMember[] places = new GroupMember[portFactors.length];
    int degree = placement.degree();
    int[] gpus = placement.gpus();
    int groups = gpus.length / degree;
    for (int group = 0; group < groups; group++) {
      // Those that are left over use the last group's experts.
      int end = group == groups - 1 ? gpus.length : (group + 1) * degree;
      int[] together = Arrays.copyOfRange(gpus, group * degree, end);
      boolean same = formerPlaces.length > 0 && isSame(former, together, formerPlaces);
      ExpertGroup next = same ? formerPlaces[together[0]].group() : group(together);
      for (int member = 0; member < together.length; member++) {
        places[together[member]] = new GroupMember(next, member);
      }
    }
    return places;
  }

  private boolean isSame(ExpertPlacement former, int[] together, GroupMember[] places) {
    if (former.degree() != placement.degree()) {
      return false;
    }
    ExpertGroup group = places[together[0]] == null ? null : places[together[0]].group();
    long members = Arrays.stream(places).filter(at -> at != null && at.group() == group).count();
    if (group == null || members != together.length) {
      return false;
    }
    for (int gpu : together) {
      if (places[gpu] == null || places[gpu].group() != group) {
        return false;
      }
    }
    GpuId first = new GpuId(together[0]);
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int expert = 0; expert < config.experts(); expert++) {
        if (!former.owner(first, layer, expert).equals(placement.owner(first, layer, expert))) {
          return false;
        }
      }
    }
    return true;
  }

  private ExpertGroup group(int[] together) {
    GpuId first = new GpuId(together[0]);
    // The group goes by its own placement, whatever comes later.
    ExpertPlacement owners = placement;
    ExpertGroup group =
        new ExpertGroup(
            all.size(),
            config,
            owners.degree(),
            copies
                .apply(owners.degree())
                .orElseGet(
                    () ->
                        ExpertSlots.ownedBy(
                            (layer, expert) ->
                                Arrays.binarySearch(
                                    together, owners.owner(first, layer, expert).index()))),
            routing,
            durations,
            exchangeBytes,
            new GroupLinks(
                traffic, member -> together[member], member -> portFactors[together[member]]));
    group.tolerate(lateNanos, promptDue::get);
    all.add(group);
    return group;
  }

  /**
   * From now on steps are taken as this placement says. Those that have begun go on as they were,
   * and none of a group begins before those have ended that its GPUs are in. What GPUs that are not
   * in it would have computed in the next is not computed.
   */
  void follow(ExpertPlacement next, long nowNanos) {
    if (Arrays.equals(placement.gpus(), next.gpus())
        && Arrays.deepEquals(placement.owners(), next.owners())) {
      return;
    }
    GroupMember[] before = members;
    ExpertPlacement former = placement;
    placement = next;
    members = grouped(former, before);
    for (int gpu = 0; gpu < before.length; gpu++) {
      if (before[gpu] == null) {
        continue;
      }
      if (members[gpu] == null) {
        before[gpu].group().leave(before[gpu].number(), nowNanos);
      } else {
        members[gpu].group().follow(before[gpu].group(), nowNanos);
      }
    }
  }

  /** A GPU's place in its group. */
  GroupMember of(GpuId gpu) {
    return members[gpu.index()];
  }

  /** A GPU's port has a part of its bandwidth from now on: above 0, and 1 for all of it. */
  void setPortFactor(GpuId gpu, double factor) {
    portFactors[gpu.index()] = factor;
  }

  /** GPUs that are in the placement. */
  int gpus() {
    return placement.gpus().length;
  }

  /** See {@link ExpertGroup#tolerate}. */
  void tolerate(long nanos) {
    lateNanos = nanos;
    all.forEach(group -> group.tolerate(nanos, promptDue::get));
  }

  /**
   * A prompt was due at this instant at a GPU that it may not have come to yet. Of several the
   * latest counts, so that none begins before it was due. Thread-safe.
   */
  void promptIsDue(long instantNanos) {
    promptDue.accumulateAndGet(instantNanos, Math::max);
  }

  /** Where the time of all steps so far went. */
  StepTerms terms() {
    return all.stream().map(ExpertGroup::terms).reduce(StepTerms.NONE, StepTerms::plus);
  }

  /** What all GPUs did with their time until then. */
  GpuTime time(long nowNanos) {
    return all.stream().map(group -> group.time(nowNanos)).reduce(GpuTime.NONE, GpuTime::plus);
  }
}
