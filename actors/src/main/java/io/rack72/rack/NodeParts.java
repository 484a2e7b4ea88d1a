package io.rack72.rack;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.gpu.Attendance;
import io.rack72.gpu.GpuParts;
import io.rack72.gpu.HostLink;
import io.rack72.hardware.GpuId;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.KvSizing;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.placement.Placement;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.text.Tokenizer;
import io.rack72.wire.WireLimits;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * What the actors of a node are made of, once model and settings are known to fit together.
 * Everything that could be wrong with the model, the rack and their fit is found here, before the
 * first actor starts.
 */
public final class NodeParts {
  /**
   * Of frames that go to one JVM together: a step's largest tensor is below 2 GiB, and one that is
   * near it could not be encoded with others.
   */
  private static final int MAX_BUNDLE_BYTES = 1 << 30;

  private final RackSettings settings;
  private final PlacedModel placed;
  private final ModelConfig config;
  private final KvLayout layout;
  private final KvSizing sizing;
  private final SchedulerLimits limits;
  private final ServedModel model;

  /**
   * The parts of a node that computes; see {@link PlacedModel#onCpu}.
   *
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence, or a step's
   *     tensors are too large for an array
   */
  public NodeParts(
      RackSettings settings,
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      ForwardObserver observer) {
    this(settings, PlacedModel.onCpu(checkpoint, name, tokenizer, numerics, observer));
  }

  /**
   * The parts of a node with any devices.
   *
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence, or a step's
   *     tensors are too large for an array
   */
  public NodeParts(RackSettings settings, PlacedModel placed) {
    this.settings = settings;
    this.placed = placed;
    config = placed.config();
    List<GpuId> whole = settings.profile().gpus();
    budget(
            Placement.first(
                new ExpertPlacement(
                    1, settings.expertParallel(), config.layers(), config.experts(), whole),
                settings.dataParallel()))
        .check(settings.kv().hbmBytes());
    layout = new KvLayout(config, settings.kv().blockTokens(), placed.kvVectorBytes());
    sizing =
        KvSizing.of(
            layout,
            settings.kv().hbmBytes(),
            settings.scheduler().maxRunning(),
            settings.scheduler().tokenBudget());
    limits =
        settings
            .scheduler()
            .withContextLimit(
                Math.min(settings.scheduler().contextLimit(), sizing.longestContext()));
    if (placed.computed()) {
      StepSize.check(config, settings.scheduler());
    }
    model =
        new ServedModel(
            placed.name(),
            config,
            placed.stopIds(),
            placed.tokenizer(),
            limits.contextLimit(),
            placed.fingerprint(),
            placed.sampling(),
            placed.createdEpochSeconds());
  }

  private HbmBudget budget(Placement placement) {
    return new HbmBudget(settings.profile(), placement, placed.sharedBytes(), placed.expertBytes());
  }

  private boolean fits(Placement placement) {
    try {
      budget(placement).check(settings.kv().hbmBytes());
      return true;
    } catch (HbmBudget.DoesNotFitException e) {
      return false;
    }
  }

  /**
   * The same model in a rack that is made of something else.
   *
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence, or a step's
   *     tensors are too large for an array
   */
  NodeParts with(RackSettings other) {
    return new NodeParts(other, placed);
  }

  /** What the rack is made of. */
  public RackSettings settings() {
    return settings;
  }

  /** Threads on which GPUs compute, where they do not have the settings' own. */
  public Optional<Executor> threads() {
    return placed.threads();
  }

  /** What is served. */
  public ServedModel model() {
    return model;
  }

  /**
   * By which a keeper decides.
   *
   * @param startTrays trays with which the rack begins to serve
   */
  public Keeper.Rules rules(int startTrays) {
    return new Keeper.Rules(
        settings.profile(),
        settings.expertParallel(),
        settings.dataParallel(),
        config.layers(),
        config.experts(),
        startTrays,
        this::fits);
  }

  /** What tensors from other JVMs can be. */
  public WireLimits wireLimits() {
    return new WireLimits(
        settings.profile().gpuCount(),
        config.layers(),
        config.experts(),
        config.hiddenSize(),
        MAX_BUNDLE_BYTES);
  }

  /** The rack's status, as yet without nodes. */
  public RackStatus about() {
    return new RackStatus(
        settings.profile().name(),
        settings.profile().trays(),
        List.of(),
        model.name(),
        placed.kernels(),
        settings.expertParallel(),
        settings.dataParallel(),
        0,
        "ok",
        List.of(),
        List.of());
  }

  /** The parts of one GPU. */
  public GpuParts gpu(GpuId id) {
    return new GpuParts(
        id,
        settings.profile().trayOf(id),
        config,
        placed.device().apply(id),
        this::attendance,
        placed.tokens().get(),
        new HostLink(settings.profile().gpu().hostBytesPerSecond()),
        settings.hedge(),
        placed.expertBytes(),
        placed.sharedBytes(),
        settings.profile().gpu().hbmBytes());
  }

  private Attendance attendance() {
    KvCache kv = sizing.cache(layout, settings.kv().hostBytes(), settings.kv().sharesPrefixes());
    return new Attendance(kv, new Scheduler(limits, kv));
  }
}
