package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.device.DispatchingDevice;
import io.rack72.device.ExpertGroup;
import io.rack72.device.ModeledDevice;
import io.rack72.device.ModeledTokens;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepTerms;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.rack.NodeParts;
import io.rack72.rack.PlacedModel;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A rack whose GPUs compute nothing and know how long everything takes. Its devices know of each
 * other, so all of them are in one JVM and used by one thread at a time.
 */
public final class ModeledRack {
  /** How much of what a step does is messages between actors. */
  public enum Fidelity {
    /** A step is a wait: layers, experts and exchange are arithmetic. */
    STEP,
    /** Each layer's rows go to the experts' GPUs through the fabric. */
    DISPATCH
  }

  /** Of the rows that GPUs exchange: what the fabric charges is float32. */
  private static final int ELEMENT_BYTES = Float.BYTES;

  private final ModelConfig config;
  private final RackSettings settings;
  private final StepDurations durations;
  private final RoutingModel routing;
  private final Fidelity fidelity;
  private final List<ExpertGroup> groups = new ArrayList<>();
  private final NodeParts parts;

  /**
   * @param name by which clients ask for the model
   * @param kvElementBytes of one element of keys and values: 2 in bf16, 1 in fp8
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence
   */
  public ModeledRack(
      String name,
      ModelConfig config,
      RackSettings settings,
      int kvElementBytes,
      StepDurations durations,
      RoutingModel routing,
      Fidelity fidelity) {
    this.config = config;
    this.settings = settings;
    this.durations = durations;
    this.routing = routing;
    this.fidelity = fidelity;
    ExpertPlacement placement =
        new ExpertPlacement(
            1,
            settings.expertParallel(),
            config.layers(),
            config.experts(),
            settings.profile().gpus());
    int degree = settings.expertParallel();
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
              ELEMENT_BYTES));
    }
    WeightBytes weights = WeightBytes.of(config);
    parts =
        new NodeParts(
            settings,
            new PlacedModel(
                name,
                config,
                Set.of(),
                ServedModel.SamplingDefaults.PLAIN,
                Optional.empty(),
                "modeled",
                0,
                "modeled",
                weights.shared(),
                weights.expert(),
                kvElementBytes,
                this::device,
                ModeledTokens::new));
  }

  private Device device(GpuId gpu) {
    // GPUs that are left over use the last group's experts.
    int group = Math.min(gpu.index() / settings.expertParallel(), groups.size() - 1);
    return switch (fidelity) {
      case STEP -> new ModeledDevice(config, groups.get(group));
      case DISPATCH ->
          new DispatchingDevice(gpu.index(), config, groups.get(group), routing, durations);
    };
  }

  /** What its actors are made of. */
  public NodeParts parts() {
    return parts;
  }

  /** Where the time of all steps so far went. */
  public StepTerms terms() {
    return groups.stream().map(ExpertGroup::terms).reduce(StepTerms.NONE, StepTerms::plus);
  }
}
