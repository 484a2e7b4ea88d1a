package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.WeightBytes;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Rack72Config;
import io.rack72.device.KernelDurations;
import io.rack72.device.ReplicaDurations;
import io.rack72.device.StepDurations;
import io.rack72.hardware.RackProfile;
import io.rack72.kv.KvMemory;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.placement.Placement;
import io.rack72.rack.RackSettings;
import io.rack72.roofline.Constants;
import io.rack72.roofline.DecoderShape;
import io.rack72.roofline.ExpertRouting;
import io.rack72.roofline.HostTime;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.KernelModel;
import io.rack72.roofline.Layout;
import io.rack72.roofline.LayoutMemory;
import io.rack72.roofline.StepModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

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
   * @param name of a well-known one, or else a directory with its config.json
   * @throws IllegalArgumentException if it is neither
   */
  static ModelConfig model(String name) {
    Optional<Path> directory = directory(name);
    if (directory.isEmpty()) {
      return ModelShape.named(name).config();
    }
    Path file = directory.get().resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "--model is gpt-oss-20b, gpt-oss-120b, demo or a directory with a config.json, written"
              + " with a slash where it has one of these names (./demo), not "
              + name);
    }
    return ModelConfig.read(file);
  }

  /**
   * Where a model is: nowhere, where its name is well known, whatever directory has that name too.
   * With a slash in it, it is a directory's always.
   */
  static Optional<Path> directory(String name) {
    boolean isKnown = ModelShape.presets().stream().anyMatch(shape -> shape.name().equals(name));
    return isKnown ? Optional.empty() : Optional.of(Path.of(name));
  }

  /**
   * What the rack is made of. One thread is all that its GPUs run on, since they know of each
   * other.
   *
   * <p>Limits of schedulers are those of what takes sequences, be it a GPU or a replica.
   *
   * @throws HbmBudget.DoesNotFitException if the weights leave no room
   * @throws CommandFailedException if a layout was asked for that leaves none
   */
  static RackSettings settings(Rack72Config config, ModelConfig model) {
    Layout layout = layout(config, model);
    RackProfile units = ReplicaUnits.of(config.rack(), layout);
    LayoutMemory memory = new LayoutMemory(model, layout);
    return new RackSettings(
        units,
        layout.kind() == Layout.Kind.DEP ? layout.gpus() : 1,
        config.modeled().layout().isPresent()
            ? units.gpuCount()
            : config.dataParallel().orElse(units.gpuCount()),
        new KvMemory(
            config.kv().blockTokens(),
            memory.kvBytes(kvBytesPerGpu(config, model, layout)),
            memory.kvBytes(config.kv().hostBytesPerGpu()),
            config.kv().prefixCache()),
        config.scheduler(),
        config.fabricCreditBytes(),
        1);
  }

  /**
   * How the model is spread over the rack: as it is told, or by the expert-parallel degree.
   *
   * @throws IllegalArgumentException if the slots that were asked for are too few or too many
   */
  static Layout layout(Rack72Config config, ModelConfig model) {
    String dep = Layout.Kind.DEP.name() + config.expertParallel();
    Layout layout = Layout.of(config.modeled().layout().orElse(dep), model.experts());
    OptionalInt slots = config.modeled().expertSlots();
    return slots.isPresent() ? layout.withSlots(slots.getAsInt(), model.experts()) : layout;
  }

  /**
   * How long the rack's GPUs take.
   *
   * @param exchangeBytes of one element of a row between GPUs
   * @param skew of the experts' popularities
   * @throws IllegalArgumentException if the model cannot be spread over so many GPUs
   */
  static StepDurations durations(
      Rack72Config config, ModelConfig model, KvPrecision kv, int exchangeBytes, double skew) {
    Layout layout = layout(config, model);
    if (layout.kind() == Layout.Kind.DEP) {
      return new KernelDurations(
          model, config.gpu(), SERVING_STACK, layout.gpus(), kv, exchangeBytes);
    }
    Constants constants = Constants.committed();
    return new ReplicaDurations(
        new StepModel(
            KernelModel.inSteps(config.gpu(), constants),
            DecoderShape.of(model),
            layout,
            kv,
            ExpertRouting.zipf(skew),
            HostTime.of(SERVING_STACK, config.gpu().architecture(), constants)),
        model.expertsPerToken());
  }

  /**
   * Bytes for keys and values on each GPU.
   *
   * @throws CommandFailedException if a layout or slots that were asked for do not fit
   */
  private static long kvBytesPerGpu(Rack72Config config, ModelConfig model, Layout layout) {
    if (config.modeled().layout().isEmpty() && config.modeled().expertSlots().isEmpty()) {
      return config.kv().bytesPerGpu().orElseGet(() -> kvRoom(config, model, layout));
    }
    long room = room(config, model, layout);
    long kv = config.kv().bytesPerGpu().orElse(Math.max(0, room - leftFree(config)));
    if (room <= 0 || kv > room) {
      throw new CommandFailedException(
          "%s%s does not fit on rack %s: a GPU needs %,d bytes for weights and %,d for KV blocks and has %,d of HBM; %s"
              .formatted(
                  layout.name(),
                  slots(config),
                  config.rack().name(),
                  config.rack().gpu().hbmBytes() - room,
                  kv,
                  config.rack().gpu().hbmBytes(),
                  fitting(config, model)));
    }
    return kv;
  }

  private static String slots(Rack72Config config) {
    OptionalInt slots = config.modeled().expertSlots();
    return slots.isPresent() ? " with %,d expert slots".formatted(slots.getAsInt()) : "";
  }

  private static long room(Rack72Config config, ModelConfig model, Layout layout) {
    return config.rack().gpu().hbmBytes() - new LayoutMemory(model, layout).weightBytes();
  }

  private static long leftFree(Rack72Config config) {
    return (long) (config.rack().gpu().hbmBytes() * HBM_LEFT_FREE);
  }

  /** The layouts that divide the rack and leave room for keys and values, in words. */
  private static String fitting(Rack72Config config, ModelConfig model) {
    List<String> names = new ArrayList<>();
    for (Layout.Kind kind : Layout.Kind.values()) {
      for (int gpus = 1; gpus <= config.rack().gpuCount(); gpus++) {
        if (config.rack().gpuCount() % gpus == 0
            && (kind == Layout.Kind.DEP || gpus <= model.queryHeads())) {
          Layout layout = Layout.of(kind.name() + gpus, model.experts());
          long least = leftFree(config) + config.kv().bytesPerGpu().orElse(1);
          if (room(config, model, layout) >= least) {
            names.add(layout.name());
          }
        }
      }
    }
    return names.isEmpty() ? "no layout fits" : "these would: " + String.join(", ", names);
  }

  /**
   * What weights leave of HBM.
   *
   * @throws HbmBudget.DoesNotFitException if that is nothing
   */
  private static long kvRoom(Rack72Config config, ModelConfig model, Layout layout) {
    WeightBytes weights = WeightBytes.of(model);
    int gpus = config.rack().gpuCount();
    ExpertPlacement experts =
        new ExpertPlacement(1, gpus, config.expertParallel(), model.layers(), model.experts());
    Placement placement = Placement.first(experts, config.dataParallel().orElse(gpus));
    new HbmBudget(config.rack(), placement, weights.shared(), weights.expert()).check(0);
    return Math.max(0, room(config, model, layout) - leftFree(config));
  }
}
