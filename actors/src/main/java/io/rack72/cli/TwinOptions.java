package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.device.GpuRates;
import io.rack72.device.RooflineDurations;
import io.rack72.device.RoutingModel;
import io.rack72.kv.KvMemory;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.placement.Placement;
import io.rack72.rack.RackSettings;
import io.rack72.twin.ModeledRack;
import io.rack72.twin.Valuation;
import io.rack72.twin.Workload;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What a simulation is told on the command line. */
final class TwinOptions {
  private static final String DEFAULT_MODEL = "gpt-oss-120b";

  /** Where sequences come and go, HBM must not be full of what stays. */
  private static final double HBM_LEFT_FREE = 0.1;

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
      description = "Keys and values: fp8, bf16 or float32; default ${DEFAULT-VALUE}.")
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
    Rack72Config config = rackOptions.over(defaults()).load(host);
    String name = rackOptions.model() == null ? DEFAULT_MODEL : rackOptions.model();
    try {
      return new Scenario(rack(config, name, model(name)), load.workload(), valuation.valuation());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(line, e.getMessage(), e);
    }
  }

  /** What suits a GPU of a rack; the configuration's own defaults suit a CPU. */
  private static ConfigLayers defaults() {
    return ConfigLayers.defaults()
        .set("rack72.scheduler.max-running=512")
        .set("rack72.scheduler.max-waiting=1000000")
        .set("rack72.scheduler.max-waiting-tokens=1000000000")
        .set("rack72.scheduler.token-budget=8192")
        .set("rack72.scheduler.prefill-chunk=8192")
        .set("rack72.scheduler.prefill-beside-decodes=2048");
  }

  private static ModelConfig model(String name) {
    if (ModelShape.presets().stream().anyMatch(shape -> shape.name().equals(name))) {
      return ModelShape.named(name).config();
    }
    Path file = Path.of(name).resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "--model is gpt-oss-20b, gpt-oss-120b, demo or a directory with a config.json, not "
              + name);
    }
    return ModelConfig.read(file);
  }

  private ModeledRack rack(Rack72Config config, String name, ModelConfig model) {
    RackSettings settings =
        new RackSettings(
            config.rack(),
            config.expertParallel(),
            config.dataParallel().orElse(config.rack().gpuCount()),
            new KvMemory(
                config.kv().blockTokens(),
                config.kv().bytesPerGpu().orElseGet(() -> kvRoom(config, model)),
                config.kv().hostBytesPerGpu(),
                config.kv().prefixCache()),
            config.scheduler(),
            config.fabricCreditBytes(),
            1);
    return ModeledRack.withoutWeights(
        name,
        model,
        settings,
        new ModeledRack.Formats(kv.bytes, exchange.bytes),
        new RooflineDurations(model, GpuRates.of(config.rack().name()), kv.bytes),
        new RoutingModel(model, skew, load.seed()),
        fidelity);
  }

  /**
   * What weights leave of HBM.
   *
   * @throws HbmBudget.DoesNotFitException if that is nothing
   */
  private static long kvRoom(Rack72Config config, ModelConfig model) {
    WeightBytes weights = WeightBytes.of(model);
    ExpertPlacement experts =
        new ExpertPlacement(
            1, config.rack().gpuCount(), config.expertParallel(), model.layers(), model.experts());
    HbmBudget hbm =
        new HbmBudget(
            config.rack(),
            Placement.first(experts, config.dataParallel().orElse(config.rack().gpuCount())),
            weights.shared(),
            weights.expert());
    hbm.check(0);
    long free = (long) (config.rack().gpu().hbmBytes() * HBM_LEFT_FREE);
    return Math.max(0, hbm.kvRoomBytes() - free);
  }
}
