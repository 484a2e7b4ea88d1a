package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.device.ExpertGroup;
import io.rack72.device.ExpertSlots;
import io.rack72.device.GroupMember;
import io.rack72.device.LinkTraffic;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepTerms;
import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.rack.RackSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A rack's GPUs in the groups that take their steps together. Used by one thread at a time. */
final class ExpertGroups {
  private final int degree;
  private final List<ExpertGroup> groups = new ArrayList<>();

  /**
   * @param exchangeBytes of an element of the rows that GPUs exchange
   * @param slots of each group's GPUs; absent where experts are where the actors place them
   * @param traffic of the rack, which is told what the steps move
   */
  ExpertGroups(
      ModelConfig config,
      RackSettings settings,
      RoutingModel routing,
      StepDurations durations,
      int exchangeBytes,
      Optional<ExpertSlots> slots,
      LinkTraffic traffic) {
    degree = settings.expertParallel();
    ExpertPlacement placement =
        new ExpertPlacement(
            1, degree, config.layers(), config.experts(), settings.profile().gpus());
    for (int group = 0; group < settings.profile().gpuCount() / degree; group++) {
      GpuId first = new GpuId(group * degree);
      groups.add(
          new ExpertGroup(
              group,
              config,
              degree,
              slots.orElseGet(
                  () ->
                      ExpertSlots.ownedBy(
                          (layer, expert) ->
                              placement.owner(first, layer, expert).index() - first.index())),
              routing,
              durations,
              exchangeBytes,
              traffic,
              member -> first.index() + member));
    }
  }

  /** A GPU's place. Those that are left over use the last group's experts. */
  GroupMember of(GpuId gpu) {
    int group = Math.min(gpu.index() / degree, groups.size() - 1);
    return new GroupMember(groups.get(group), gpu.index() - group * degree);
  }

  /** Where the time of all steps so far went. */
  StepTerms terms() {
    return groups.stream().map(ExpertGroup::terms).reduce(StepTerms.NONE, StepTerms::plus);
  }
}
