package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.ConfigLayers;
import io.rack72.config.DeviceKind;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.device.RoutingModel;
import io.rack72.device.StepDurations;
import io.rack72.hardware.RackProfile;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Layout;
import io.rack72.twin.ModeledRack;
import io.rack72.twin.Valuation;
import io.rack72.twin.Workload;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What a simulation is told on the command line. */
final class TwinOptions {
  private static final String DEFAULT_MODEL = "gpt-oss-120b";

  /** Formats of what is exchanged. */
  enum Format {
    FP8(1),
    BF16(2),
    FLOAT32(4);

    private final int bytes;

    Format(int bytes) {
      this.bytes = bytes;
    }
  }

  @Mixin private RackOptions rackOptions;

  @Mixin private LoadOptions load;
  @Mixin private ValuationOptions valuation;

  @Option(
      names = "--skew",
      paramLabel = "N",
      defaultValue = "0.5",
      description = "How unlike the experts' popularities are, 0 to 4; default ${DEFAULT-VALUE}.")
  private double skew;

  @Option(
      names = "--layout",
      paramLabel = "dep72|tp8|tep8",
      description =
          "How the model is spread: attention data-parallel with experts over N GPUs (depN),"
              + " replicas in parts on N (tpN, on each GPU with tp1), or these with whole experts"
              + " (tepN); depN of the expert-parallel degree, which is all GPUs, is the default.")
  private String layout;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description =
          "Room for experts of a layer on each GPU, with depN and tepN; what is more than one for"
              + " each expert holds copies of popular ones; the least is the default.")
  private String slots;

  @Option(
      names = "--kv",
      paramLabel = "FORMAT",
      defaultValue = "bf16",
      description = "Keys and values: fp8 or bf16; default ${DEFAULT-VALUE}.")
  private KvPrecision kv;

  @Option(
      names = "--exchange",
      paramLabel = "FORMAT",
      defaultValue = "bf16",
      description = "Rows between GPUs: fp8, bf16 or float32; default ${DEFAULT-VALUE}.")
  private Format exchange;

  @Option(
      names = "--fidelity",
      paramLabel = "step|dispatch",
      defaultValue = "step",
      description =
          "A step as one wait, or each layer's rows through the fabric, which is much slower;"
              + " default ${DEFAULT-VALUE}.")
  private ModeledRack.Fidelity fidelity;

  /**
   * What is simulated.
   *
   * @param rack used once
   * @param hardware of which it is a model
   */
  record Scenario(ModeledRack rack, RackProfile hardware, Workload workload, Valuation valuation) {
    /** Why none of its requests can meet its SLO, if that is so. */
    Optional<String> impossible() {
      return rack.impossible(valuation.slo(), workload);
    }
  }

  /**
   * Reads it.
   *
   * @throws ParameterException if an option makes no sense
   * @throws CommandFailedException if a trace is broken
   */
  Scenario scenario(CommandLine line, Host host) {
    try {
      return scenario(load.workload(), layout, host);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, e.getMessage(), e);
    }
  }

  /**
   * The scenario with another layout and another number of requests that are always there.
   *
   * @param otherLayout null for the one that was given
   * @throws ParameterException if that makes no sense
   */
  Scenario scenario(CommandLine line, Host host, String otherLayout, int concurrency) {
    if (otherLayout != null && layout != null) {
      throw new ParameterException(line, "give either --layout or --layouts");
    }
    try {
      return scenario(load.workload(concurrency), otherLayout == null ? layout : otherLayout, host);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, e.getMessage(), e);
    }
  }

  private Scenario scenario(Workload workload, String spread, Host host) {
    ConfigLayers layers = rackOptions.over(ModeledSizing.defaults());
    if (spread != null) {
      layers.option("--layout", "rack72.modeled.layout", spread);
    }
    if (slots != null) {
      layers.option("--slots", "rack72.modeled.expert-slots", slots);
    }
    Rack72Config config = layers.load(host);
    if (rackOptions.device() != null && config.device() != DeviceKind.MODELED) {
      throw new IllegalArgumentException(
          "--device has no use: a twin's GPUs are modeled; for real tokens see 'twin chat'");
    }
    String name = rackOptions.model() == null ? DEFAULT_MODEL : rackOptions.model();
    return new Scenario(
        rack(config, name, ModeledSizing.model(name)),
        config.rack(),
        workload,
        valuation.valuation(config.gpu().watts()));
  }

  private ModeledRack rack(Rack72Config config, String name, ModelConfig model) {
    Layout spread = ModeledSizing.layout(config, model);
    if (fidelity == ModeledRack.Fidelity.DISPATCH && spread.kind() != Layout.Kind.DEP) {
      throw new IllegalArgumentException(
          "--fidelity dispatch is for layouts that exchange rows, depN, not " + spread.name());
    }
    if (fidelity == ModeledRack.Fidelity.DISPATCH && config.modeled().expertSlots().isPresent()) {
      throw new IllegalArgumentException(
          "--fidelity dispatch has experts where the rack's actors place them, each once: leave out"
              + " --slots (rack72.modeled.expert-slots)");
    }
    // Before the sizes, since they do not tell what the model cannot be divided by.
    StepDurations durations = ModeledSizing.durations(config, model, kv, exchange.bytes, skew);
    return ModeledRack.withoutWeights(
        name,
        model,
        config.rack(),
        spread,
        ModeledSizing.settings(config, model),
        new ModeledRack.Formats(kv.bytes(), exchange.bytes),
        durations,
        new RoutingModel(model, skew, load.seed()),
        fidelity,
        ModeledRack.Replies.OF_IDS);
  }
}
