package io.rack72.rack;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.clock.Clock;
import io.rack72.gpu.GpuParts;
import io.rack72.gpu.HostLink;
import io.rack72.hardware.GpuId;
import io.rack72.kernel.RotaryTable;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.KvSizing;
import io.rack72.model.CpuDevice;
import io.rack72.model.ExpertSlots;
import io.rack72.model.ForwardObserver;
import io.rack72.model.ModelWeights;
import io.rack72.model.Numerics;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.Sampler;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * A whole rack in this JVM, computing with the weights of a checkpoint. Everything that could be
 * wrong with the model, the rack and their fit is found before the first actor starts.
 */
public final class LocalRack implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);

  private final ActorSystem<RackActor.Command> system;
  private final ActorRef<RouterActor.Command> router;
  private final ServedModel model;
  private final RackSettings settings;
  private final List<KvCache> pools;

  private LocalRack(
      ActorSystem<RackActor.Command> system,
      ActorRef<RouterActor.Command> router,
      ServedModel model,
      RackSettings settings,
      List<KvCache> pools) {
    this.system = system;
    this.router = router;
    this.model = model;
    this.settings = settings;
    this.pools = pools;
  }

  /** Starts a rack that nobody looks into while it computes. */
  public static LocalRack start(
      RackSettings settings,
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      Clock clock) {
    return start(settings, checkpoint, name, tokenizer, numerics, clock, ForwardObserver.NONE);
  }

  /**
   * Starts a rack.
   *
   * @param checkpoint stays open as long as the rack runs; closing it afterwards is the caller's
   * @param name by which clients ask for the model
   * @param numerics of this checkpoint, shared by all GPUs; stays open as long as the rack runs
   * @param observer of all GPUs, which call it at the same time
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence, or a step's
   *     tensors are too large for an array
   */
  public static LocalRack start(
      RackSettings settings,
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      Clock clock,
      ForwardObserver observer) {
    ModelConfig config = checkpoint.config();
    ModelWeights weights = numerics.weights();
    ExpertPlacement placement =
        new ExpertPlacement(
            1,
            settings.profile().gpuCount(),
            settings.expertParallel(),
            config.layers(),
            config.experts());
    HbmBudget hbm =
        new HbmBudget(
            settings.profile(),
            placement,
            settings.dataParallel(),
            weights.sharedBytes(),
            weights.expertBytes());
    hbm.check(settings.kv().hbmBytes());
    KvLayout layout = new KvLayout(config, settings.kv().blockTokens());
    KvSizing sizing =
        KvSizing.of(
            layout,
            settings.kv().hbmBytes(),
            settings.scheduler().maxRunning(),
            settings.scheduler().tokenBudget());
    SchedulerLimits limits =
        settings
            .scheduler()
            .withContextLimit(
                Math.min(settings.scheduler().contextLimit(), sizing.longestContext()));

    StepSize.check(config, settings.scheduler());
    RotaryTable rotary = new RotaryTable(config);
    List<KvCache> pools = new ArrayList<>();
    List<GpuParts> gpus = new ArrayList<>();
    for (GpuId id : settings.profile().gpus()) {
      ExpertSlots slots = new ExpertSlots(id, config);
      placement
          .slotsOf(id)
          .forEach(
              slot ->
                  slots.load(
                      slot.layer(), slot.expert(), weights.expert(slot.layer(), slot.expert())));
      KvCache kv =
          hbm.takesSequences(id)
              ? sizing.cache(layout, settings.kv().hostBytes(), settings.kv().sharesPrefixes())
              : new KvCache(layout, 0, 0);
      pools.add(kv);
      gpus.add(
          new GpuParts(
              id,
              settings.profile().trayOf(id),
              config,
              placement,
              new CpuDevice(weights, numerics.kernels(), rotary, slots, observer),
              kv,
              hbm.takesSequences(id) ? Optional.of(new Scheduler(limits, kv)) : Optional.empty(),
              new Sampler(),
              new HostLink(settings.profile().gpu().hostBytesPerSecond()),
              slots.count(),
              hbm.weightBytes(id) + kv.bytes(),
              settings.profile().gpu().hbmBytes()));
    }
    RackStatus about =
        new RackStatus(
            settings.profile().name(),
            name,
            numerics.kernels().name(),
            settings.expertParallel(),
            settings.dataParallel(),
            placement.epoch(),
            "ok",
            List.of());
    ServedModel model =
        new ServedModel(
            name,
            config,
            Set.copyOf(checkpoint.generationConfig().stopTokenIds()),
            tokenizer,
            limits.contextLimit(),
            numerics.mode() + "-" + checkpoint.fingerprint().substring(0, 12),
            ServedModel.SamplingDefaults.of(checkpoint.generationConfig()),
            createdEpochSeconds(checkpoint));

    ActorSystem<RackActor.Command> system =
        ActorSystem.create(
            RackActor.create(settings, about, clock, gpu -> gpus.get(gpu.index())),
            "rack72",
            actorSettings(settings.computeThreads()));
    try {
      return new LocalRack(system, findRouter(system), model, settings, pools);
    } catch (RuntimeException e) {
      system.terminate();
      pools.forEach(KvCache::close);
      throw e;
    }
  }

  /** The actor system; its guardian is the rack. */
  public ActorSystem<RackActor.Command> system() {
    return system;
  }

  /** Where sequences are submitted. */
  public ActorRef<RouterActor.Command> router() {
    return router;
  }

  /** What is served. */
  public ServedModel model() {
    return model;
  }

  /** What the rack is made of. */
  public RackSettings settings() {
    return settings;
  }

  /** Stops all actors and frees the KV memory. */
  @Override
  public void close() {
    system.terminate();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(STOP_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      // Only now does no GPU read its KV blocks any more.
      pools.forEach(KvCache::close);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "the rack's actors have not stopped within " + STOP_DEADLINE.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the rack's actors did not stop in order", e);
    }
  }

  private static Config actorSettings(int computeThreads) {
    String executor = "rack72-gpu-dispatcher.fork-join-executor.";
    return ConfigFactory.parseMap(
            Map.of(
                executor + "parallelism-min", computeThreads,
                executor + "parallelism-max", computeThreads))
        .withFallback(ConfigFactory.parseResources("pekko.conf"))
        .withFallback(ConfigFactory.load());
  }

  private static long createdEpochSeconds(Checkpoint checkpoint) {
    try {
      return Files.getLastModifiedTime(checkpoint.directory().resolve("config.json"))
          .to(TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read the time of " + checkpoint.directory() + "/config.json", e);
    }
  }

  private static ActorRef<RouterActor.Command> findRouter(ActorSystem<RackActor.Command> system) {
    try {
      return AskPattern.<RackActor.Command, ActorRef<RouterActor.Command>>ask(
              system, RackActor.FindRouter::new, START_DEADLINE, system.scheduler())
          .toCompletableFuture()
          .get(START_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the rack's actors did not start; the log says why", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the rack started", e);
    }
  }
}
