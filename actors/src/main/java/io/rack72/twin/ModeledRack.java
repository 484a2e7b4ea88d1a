package io.rack72.twin;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.device.ChoosingDevice;
import io.rack72.device.ExpertSlots;
import io.rack72.device.LinkTraffic;
import io.rack72.device.ModeledDevice;
import io.rack72.device.ModeledTokens;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.device.StepTerms;
import io.rack72.device.TimedDevice;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.placement.HbmBudget;
import io.rack72.rack.NodeParts;
import io.rack72.rack.PlacedModel;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.roofline.Layout;
import io.rack72.roofline.LayoutMemory;
import io.rack72.sampling.TokenSource;
import io.rack72.text.Tokenizer;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

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

  private ModeledRack(
      RackProfile rack, Layout layout, ExpertGroups groups, LinkTraffic traffic, NodeParts parts) {
    this.rack = rack;
    this.layout = layout;
    this.groups = groups;
    this.traffic = traffic;
    this.parts = parts;
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
            fidelity == Fidelity.STEP ? copies(config, layout, routing) : Optional.empty(),
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
            weights.shared(),
            weights.expert(),
            formats.kvBytes(),
            gpu ->
                switch (fidelity) {
                  case STEP -> new ModeledDevice(config, groups.of(gpu));
                  case DISPATCH ->
                      new TimedDevice(
                          config,
                          groups.of(gpu),
                          durations,
                          new ChoosingDevice(gpu.index(), config, routing));
                },
            replies.tokens());
    return new ModeledRack(rack, layout, groups, traffic, parts(settings, placed, formats));
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
            Optional.empty(),
            traffic);
    PlacedModel placed =
        computed.on(
            gpu ->
                new TimedDevice(config, groups.of(gpu), durations, computed.device().apply(gpu)));
    Layout layout = Layout.of(Layout.Kind.DEP.name() + settings.expertParallel(), config.experts());
    return new ModeledRack(
        settings.profile(), layout, groups, traffic, parts(settings, placed, formats));
  }

  /** Slots with copies in them; where none is to spare, experts stay where the actors have them. */
  private static Optional<ExpertSlots> copies(
      ModelConfig config, Layout layout, RoutingModel routing) {
    long slots = (long) layout.slotsPerGpu() * layout.gpus();
    return layout.kind() == Layout.Kind.DEP && slots > config.experts()
        ? Optional.of(
            ExpertSlots.byPopularity(config, routing, layout.gpus(), layout.slotsPerGpu()))
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

  /** How the model is spread over its GPUs. */
  public Layout layout() {
    return layout;
  }

  /** GPUs of the rack, of which several may be one to its actors. */
  public int gpus() {
    return rack.gpuCount();
  }

  /** What its actors are made of. */
  public NodeParts parts() {
    return parts;
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

  /** Where the time of all steps so far went. */
  public StepTerms terms() {
    return groups.terms();
  }
}
