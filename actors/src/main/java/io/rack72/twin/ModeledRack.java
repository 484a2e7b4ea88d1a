package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.clock.Clock;
import io.rack72.device.ChoosingDevice;
import io.rack72.device.ExpertSlots;
import io.rack72.device.GpuTime;
import io.rack72.device.LinkTraffic;
import io.rack72.device.ModeledDevice;
import io.rack72.device.ModeledTokens;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepShape;
import io.rack72.device.StepTerms;
import io.rack72.device.TimedDevice;
import io.rack72.device.WeightLoads;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.placement.HbmBudget;
import io.rack72.rack.NodeParts;
import io.rack72.rack.PlacedModel;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.roofline.Layout;
import io.rack72.roofline.LayoutMemory;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.TokenSource;
import io.rack72.text.Tokenizer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * A rack whose GPUs know how long everything takes, and compute nothing or as they are told. Its
 * devices know of each other, so all of them are in one JVM and used by one thread at a time.
 */
public final class ModeledRack {
  /** How much of what a step does is messages between actors. */
  public enum Fidelity {
    /** A step is a wait: layers, experts and exchange are arithmetic. */
    STEP,
    /** Each layer's rows go to the experts' GPUs through the fabric. */
    DISPATCH
  }

  /**
   * Bytes of an element: 4 in float32, 2 in bf16, 1 in fp8.
   *
   * @param kvBytes of keys and values
   * @param exchangeBytes of rows between GPUs
   */
  public record Formats(int kvBytes, int exchangeBytes) {
    public Formats {
      if (!SIZES.contains(kvBytes) || !SIZES.contains(exchangeBytes)) {
        throw new IllegalArgumentException(
            "an element has 1, 2 or 4 bytes, not %d and %d".formatted(kvBytes, exchangeBytes));
      }
    }

    private static final Set<Integer> SIZES = Set.of(1, 2, 4);
  }

  /**
   * What its replies are made of.
   *
   * @param tokenizer absent where prompts are token ids
   * @param stopIds token ids that end a reply
   * @param tokens makes what chooses tokens, for each GPU
   */
  public record Replies(
      Optional<Tokenizer> tokenizer, Set<Integer> stopIds, Supplier<TokenSource> tokens) {
    /** Token ids that mean nothing, as many as were asked for. */
    public static final Replies OF_IDS =
        new Replies(Optional.empty(), Set.of(), ModeledTokens::new);

    public Replies {
      stopIds = Set.copyOf(stopIds);
    }
  }

  private final RackProfile rack;
  private final Layout layout;
  private final ExpertGroups groups;
  private final LinkTraffic traffic;
  private final NodeParts parts;
  private final Fidelity fidelity;
  private final long requestNanos;
  private final long shortestStepNanos;

  private ModeledRack(
      RackProfile rack,
      Layout layout,
      ExpertGroups groups,
      LinkTraffic traffic,
      NodeParts parts,
      Fidelity fidelity,
      StepDurations durations) {
    this.rack = rack;
    this.layout = layout;
    this.groups = groups;
    this.traffic = traffic;
    this.parts = parts;
    this.fidelity = fidelity;
    requestNanos = durations.requestNanos();
    shortestStepNanos = shortestStep(parts.model().config(), durations);
  }

  /**
   * A rack without weights.
   *
   * @param name by which clients ask for the model
   * @param rack as it is built
   * @param layout of the model; where GPUs attend to the same sequences together, they are one of
   *     the settings' GPUs
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence
   */
  public static ModeledRack withoutWeights(
      String name,
      ModelConfig config,
      RackProfile rack,
      Layout layout,
      RackSettings settings,
      Formats formats,
      StepDurations durations,
      RoutingModel routing,
      Fidelity fidelity,
      Replies replies) {
    LinkTraffic traffic = new LinkTraffic(rack.gpuCount(), layout.attentionGpus());
    ExpertGroups groups =
        new ExpertGroups(
            config,
            settings,
            routing,
            durations,
            formats.exchangeBytes(),
            gpus ->
                fidelity == Fidelity.STEP
                    ? copies(config, layout, routing, gpus)
                    : Optional.empty(),
            traffic);
    WeightBytes weights = WeightBytes.of(config);
    PlacedModel placed =
        new PlacedModel(
            name,
            config,
            replies.stopIds(),
            ServedModel.SamplingDefaults.PLAIN,
            replies.tokenizer(),
            "modeled",
            0,
            "modeled",
            false,
            weights.shared(),
            weights.expert(),
            formats.kvBytes() * config.headDim(),
            Optional.empty(),
            gpu ->
                switch (fidelity) {
                  case STEP ->
                      new ModeledDevice(
                          config, () -> groups.of(gpu), loads(config, settings, weights.expert()));
                  case DISPATCH ->
                      new TimedDevice(
                          config,
                          () -> groups.of(gpu),
                          loads(config, settings, weights.expert()),
                          durations,
                          new ChoosingDevice(gpu.index(), config, routing));
                },
            replies.tokens());
    return new ModeledRack(
        rack, layout, groups, traffic, parts(settings, placed, formats), fidelity, durations);
  }

  /**
   * A rack that computes, and whose GPUs take the time that the rack's would.
   *
   * @param computed the model on devices that compute
   * @param routing by which it is told in advance how long a step takes the group; the experts are
   *     those that the model chooses
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence
   */
  public static ModeledRack computing(
      PlacedModel computed,
      RackSettings settings,
      Formats formats,
      StepDurations durations,
      RoutingModel routing) {
    ModelConfig config = computed.config();
    LinkTraffic traffic = new LinkTraffic(settings.profile().gpuCount(), 1);
    ExpertGroups groups =
        new ExpertGroups(
            config,
            settings,
            routing,
            durations,
            formats.exchangeBytes(),
            _ -> Optional.empty(),
            traffic);
    PlacedModel placed =
        computed.on(
            gpu ->
                new TimedDevice(
                    config,
                    () -> groups.of(gpu),
                    loads(config, settings, computed.expertBytes()),
                    durations,
                    computed.device().apply(gpu)));
    Layout layout = Layout.of(Layout.Kind.DEP.name() + settings.expertParallel(), config.experts());
    return new ModeledRack(
        settings.profile(),
        layout,
        groups,
        traffic,
        parts(settings, placed, formats),
        Fidelity.DISPATCH,
        durations);
  }

  private static WeightLoads loads(ModelConfig config, RackSettings settings, long expertBytes) {
    return new WeightLoads(config, expertBytes, settings.profile().gpu().hostBytesPerSecond());
  }

  /**
   * Slots with copies in them, where the layout has some to spare; else experts stay where the
   * actors have them.
   *
   * @param gpus that are left of a group; where they are too few for a slot for each expert, they
   *     have more slots
   */
  private static Optional<ExpertSlots> copies(
      ModelConfig config, Layout layout, RoutingModel routing, int gpus) {
    long slots = (long) layout.slotsPerGpu() * layout.gpus();
    return layout.kind() == Layout.Kind.DEP && slots > config.experts()
        ? Optional.of(
            ExpertSlots.byPopularity(
                config,
                routing,
                gpus,
                Math.max(layout.slotsPerGpu(), Math.ceilDiv(config.experts(), gpus))))
        : Optional.empty();
  }

  private static NodeParts parts(RackSettings settings, PlacedModel placed, Formats formats) {
    return new NodeParts(
        settings.on(carrying(settings.profile(), formats.exchangeBytes())), placed);
  }

  /**
   * The fabric charges rows as float32. Ports that carry smaller elements take as long for them as
   * faster ones for those.
   */
  private static RackProfile carrying(RackProfile profile, int elementBytes) {
    GpuProfile gpu = profile.gpu();
    return new RackProfile(
        profile.name(),
        profile.trays(),
        profile.gpusPerTray(),
        new GpuProfile(
            gpu.hbmBytes(),
            gpu.nvlinkBytesPerSecond() * Float.BYTES / elementBytes,
            gpu.nvlinkLatencyNanos(),
            gpu.hostBytes(),
            gpu.hostBytesPerSecond()));
  }

  /** No step has less than one row that sees one key and goes to one expert at least. */
  private static long shortestStep(ModelConfig config, StepDurations durations) {
    StepShape one = new StepShape(1, 1, 1, List.of(), 1);
    long layers = 0;
    for (boolean sliding : config.slidingLayers()) {
      layers += durations.attentionNanos(sliding, one) + durations.expertsNanos(1, 1);
    }
    return durations.hostNanos(one) + layers + durations.logitsNanos(1);
  }

  /** Why no request of a workload can meet an SLO, however few there are; empty where some may. */
  public Optional<String> impossible(Slo slo, Workload workload) {
    return slo.impossible(requestNanos, shortestStepNanos, workload.leastReply());
  }

  /** How the model is spread over its GPUs. */
  public Layout layout() {
    return layout;
  }

  /** GPUs of the rack, of which several may be one to its actors. */
  public int gpus() {
    return rack.gpuCount();
  }

  /**
   * Lets its GPUs make up for what a machine is late by, on a clock that does not wait for them.
   *
   * @param late by which a step may be made up for, at most
   */
  public void tolerate(Duration late) {
    groups.tolerate(late.toNanos());
  }

  /**
   * What requests are sent to instead of the rack's router: the host of a serving stack, which
   * takes its time for each.
   */
  Behavior<RouterActor.Command> host(ActorRef<RouterActor.Command> router, Clock clock) {
    return host(router, clock, Duration.ZERO);
  }

  /**
   * The same where a part of its time is taken by what is really there.
   *
   * @param httpTime that HTTP takes of it; where that is all or more, the host takes none
   */
  public Behavior<RouterActor.Command> host(
      ActorRef<RouterActor.Command> router, Clock clock, Duration httpTime) {
    return RequestHost.before(
        router, clock, Math.max(0, requestNanos - httpTime.toNanos()), groups::promptIsDue);
  }

  /** GPUs of the rack that have not failed. */
  int workingGpus() {
    return groups.gpus() * layout.attentionGpus();
  }

  /** What its actors are made of. */
  public NodeParts parts() {
    return parts;
  }

  /** What goes through the fabric. */
  Fidelity fidelity() {
    return fidelity;
  }

  /** The groups in which its GPUs take their steps. */
  ExpertGroups groups() {
    return groups;
  }

  /** GPUs that are on one tray. */
  int gpusPerTray() {
    return rack.gpusPerTray();
  }

  /**
   * Part of what all ports could have sent since the start that they did send.
   *
   * @param nowNanos the instant until which it counts, above 0
   */
  double linkUse(long nowNanos) {
    return groups.terms().exchangedBytes() / (rack.gpuCount() * portBytes(nowNanos));
  }

  /** The same of the port that sent or received most, in that direction. */
  double busiestLinkUse(long nowNanos) {
    return traffic.busiest() / portBytes(nowNanos);
  }

  private double portBytes(long nowNanos) {
    return rack.gpu().nvlinkBytesPerSecond() * (double) nowNanos / 1e9;
  }

  /** What has passed from each GPU to each by the steps so far. */
  LinkTraffic traffic() {
    return traffic;
  }

  /** What lies in the HBM of the fullest GPU. */
  TwinReport.Memory memory() {
    LayoutMemory memory = new LayoutMemory(parts.model().config(), layout);
    return new TwinReport.Memory(
        rack.gpu().hbmBytes(),
        memory.weightBytes(),
        memory.bytesPerGpu(parts.settings().kv().hbmBytes()));
  }

  /**
   * What each GPU has done with its time, in the mean of all.
   *
   * @param nowNanos the instant until which it counts
   */
  GpuTime time(long nowNanos) {
    // Those that take their steps as one unit do the same, and were counted once.
    return groups.time(nowNanos).times(1.0 / parts.settings().profile().gpuCount());
  }

  /**
   * Part of what all memories could have moved since the start that they did move.
   *
   * @param nowNanos the instant until which it counts, above 0
   */
  double hbmUse(long nowNanos) {
    return time(nowNanos).hbmMicros() * 1e3 / nowNanos;
  }

  /** Where the time of all steps so far went. */
  public StepTerms terms() {
    return groups.terms();
  }
}
