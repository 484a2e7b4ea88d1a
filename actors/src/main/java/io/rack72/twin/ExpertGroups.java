package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.device.ExpertGroup;
import io.rack72.device.GpuTime;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepTerms;
import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.rack.RackSettings;
import java.util.ArrayList;
import java.util.List;

/** A rack's GPUs in the groups that take their steps together. Used by one thread at a time. */
final class ExpertGroups {
  private final int degree;
  private final List<ExpertGroup> groups = new ArrayList<>();

  /**
   * @param exchangeBytes of an element of the rows that GPUs exchange
   */
  ExpertGroups(
      ModelConfig config,
      RackSettings settings,
      RoutingModel routing,
      StepDurations durations,
      int exchangeBytes) {
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
              (layer, expert) -> placement.owner(first, layer, expert).index() - first.index(),
              routing,
              durations,
              exchangeBytes));
    }
  }

  /** That of a GPU. Those that are left over use the last group's experts. */
  ExpertGroup of(GpuId gpu) {
    return groups.get(Math.min(gpu.index() / degree, groups.size() - 1));
  }

  /** See {@link ExpertGroup#tolerate}. */
  void tolerate(long nanos) {
    groups.forEach(group -> group.tolerate(nanos));
  }

  /** Where the time of all steps so far went. */
  StepTerms terms() {
    return groups.stream().map(ExpertGroup::terms).reduce(StepTerms.NONE, StepTerms::plus);
  }

  /** What all GPUs did with their time until then. */
  GpuTime time(long nowNanos) {
    return groups.stream().map(group -> group.time(nowNanos)).reduce(GpuTime.NONE, GpuTime::plus);
  }
}
