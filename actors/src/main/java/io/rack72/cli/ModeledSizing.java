package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.device.KernelDurations;
import io.rack72.device.StepDurations;
import io.rack72.kv.KvMemory;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.placement.Placement;
import io.rack72.rack.RackSettings;
import io.rack72.roofline.Kernel.KvPrecision;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a rack of modeled devices is made of: the rack's own memory, and not this host's. */
final class ModeledSizing {
  /** Where sequences come and go, HBM must not be full of what stays. */
  private static final double HBM_LEFT_FREE = 0.1;

  /** Whose host times are taken: what was measured on GPUs of the racks' generation. */
  private static final String SERVING_STACK = "trtllm";

  private ModeledSizing() {}

  /** What suits a GPU of a rack; the configuration's own defaults suit a CPU. */
  static ConfigLayers defaults() {
    return ConfigLayers.defaults()
        .set("rack72.scheduler.max-running=512")
        .set("rack72.scheduler.max-waiting=1000000")
        .set("rack72.scheduler.max-waiting-tokens=1000000000")
        .set("rack72.scheduler.token-budget=8192")
        .set("rack72.scheduler.prefill-chunk=8192")
        .set("rack72.scheduler.prefill-beside-decodes=2048");
  }

  /**
   * The shape of a model.
   *
   * @param name of a well-known one, or a directory with its config.json
   * @throws IllegalArgumentException if it is neither
   */
  static ModelConfig model(String name) {
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

  /**
   * What the rack is made of. One thread is all that its GPUs run on, since they know of each
   * other.
   *
   * @throws HbmBudget.DoesNotFitException if the weights leave no room
   */
  static RackSettings settings(Rack72Config config, ModelConfig model) {
    return new RackSettings(
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
  }

  /**
   * How long the rack's GPUs take.
   *
   * @param exchangeBytes of one element of a row between GPUs
   */
  static StepDurations durations(
      Rack72Config config, ModelConfig model, KvPrecision kv, int exchangeBytes) {
    return new KernelDurations(
        model, config.gpu(), SERVING_STACK, config.expertParallel(), kv, exchangeBytes);
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
