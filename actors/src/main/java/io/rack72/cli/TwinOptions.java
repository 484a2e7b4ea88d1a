package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.device.RoutingModel;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.twin.ModeledRack;
import io.rack72.twin.Valuation;
import io.rack72.twin.Workload;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What a simulation is told on the command line. */
final class TwinOptions {
  private static final String DEFAULT_MODEL = "gpt-oss-120b";

  /** Formats of what is kept and exchanged. */
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
      names = "--kv",
      paramLabel = "FORMAT",
      defaultValue = "bf16",
      description = "Keys and values: fp8 or bf16; default ${DEFAULT-VALUE}.")
  private Format kv;

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
   */
  record Scenario(ModeledRack rack, Workload workload, Valuation valuation) {}

  /**
   * Reads it.
   *
   * @throws ParameterException if an option makes no sense
   * @throws CommandFailedException if a trace is broken
   */
  Scenario scenario(CommandLine line, Host host) {
    try {
      return scenario(rackOptions.over(ModeledSizing.defaults()), load.workload(), host);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, e.getMessage(), e);
    }
  }

  private Scenario scenario(ConfigLayers layers, Workload workload, Host host) {
    Rack72Config config = layers.load(host);
    String name = rackOptions.model() == null ? DEFAULT_MODEL : rackOptions.model();
    return new Scenario(
        rack(config, name, ModeledSizing.model(name)), workload, valuation.valuation());
  }

  /**
   * The scenario with another layout and another number of requests that are always there.
   *
   * @param degree GPUs over which the experts are spread
   * @throws ParameterException if that makes no sense
   */
  Scenario scenario(CommandLine line, Host host, int degree, int concurrency) {
    try {
      return scenario(
          rackOptions
              .over(ModeledSizing.defaults())
              .option("--degrees", "rack72.expert-parallel", degree),
          load.workload(concurrency),
          host);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, e.getMessage(), e);
    }
  }

  /** GPUs over which the experts are spread where nothing else is said. */
  int degree(Host host) {
    return rackOptions.over(ModeledSizing.defaults()).load(host).expertParallel();
  }

  private ModeledRack rack(Rack72Config config, String name, ModelConfig model) {
    return ModeledRack.withoutWeights(
        name,
        model,
        ModeledSizing.settings(config, model),
        new ModeledRack.Formats(kv.bytes, exchange.bytes),
        ModeledSizing.durations(config, model, kvPrecision(), exchange.bytes),
        new RoutingModel(model, skew, load.seed()),
        fidelity,
        ModeledRack.Replies.OF_IDS);
  }

  private KvPrecision kvPrecision() {
    return switch (kv) {
      case FP8 -> KvPrecision.FP8;
      case BF16 -> KvPrecision.BF16;
      case FLOAT32 ->
          throw new IllegalArgumentException(
              "--kv is fp8 or bf16: GPUs have no attention over keys and values in float32");
    };
  }
}
