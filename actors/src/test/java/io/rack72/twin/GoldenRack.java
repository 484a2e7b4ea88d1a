package io.rack72.twin;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.rack.NodeParts;
import io.rack72.rack.PlacedModel;
import io.rack72.rack.RackSettings;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;

/** A rack of 72 GPUs that computes with a golden checkpoint, in virtual time. */
final class GoldenRack implements AutoCloseable {
  private static final GpuProfile GPU =
      new GpuProfile(1L << 30, 900_000_000_000L, 1_000, 1L << 30, 225_000_000_000L);

  private final Checkpoint checkpoint;
  private final Workers workers = new Workers(1);
  private final Numerics numerics;
  private final VirtualRack rack;

  /** One whose GPUs take no time, as those of a CPU. */
  GoldenRack(String golden, int expertParallel, long kvBytes, VirtualTime time) {
    this(golden, expertParallel, kvBytes, time, NodeParts::new);
  }

  /** One whose GPUs take the time of a rack's. */
  GoldenRack(
      String golden, int expertParallel, long kvBytes, VirtualTime time, StepDurations durations) {
    this(
        golden,
        expertParallel,
        kvBytes,
        time,
        (settings, model) ->
            ModeledRack.computing(
                    model,
                    settings,
                    new ModeledRack.Formats(4, 2),
                    durations,
                    new RoutingModel(model.config(), 0, 1))
                .parts());
  }

  private GoldenRack(
      String golden,
      int expertParallel,
      long kvBytes,
      VirtualTime time,
      BiFunction<RackSettings, PlacedModel, NodeParts> parts) {
    checkpoint = Checkpoint.open(Path.of("../runtime/src/test/resources/golden", golden));
    numerics = Numerics.exact(checkpoint, workers);
    RackSettings settings =
        new RackSettings(
            new RackProfile("test", 18, 4, GPU),
            expertParallel,
            72,
            new KvMemory(16, kvBytes),
            new SchedulerLimits(64, 32, 8, 256, 4096),
            64 << 20,
            1);
    PlacedModel model =
        PlacedModel.onCpu(checkpoint, golden, Optional.empty(), numerics, ForwardObserver.NONE);
    rack = VirtualRack.start(parts.apply(settings, model), time);
  }

  VirtualRack rack() {
    return rack;
  }

  void submit(
      String request,
      int attempt,
      int[] prompt,
      SamplingParams params,
      ActorRef<SequenceEvent> to) {
    rack.router()
        .tell(
            new RouterActor.Submit(
                new SequenceRequest(
                    new SequenceId(request, 0),
                    attempt,
                    prompt,
                    new int[0],
                    params,
                    Standing.DEFAULT),
                to));
  }

  @Override
  public void close() {
    rack.close();
    numerics.close();
    workers.close();
    checkpoint.close();
  }
}
