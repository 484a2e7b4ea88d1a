package io.rack72.rack;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.kernel.RotaryTable;
import io.rack72.model.CpuDevice;
import io.rack72.model.Device;
import io.rack72.model.ExpertSlots;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.sampling.Sampler;
import io.rack72.sampling.TokenSource;
import io.rack72.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A model and the devices that a rack runs it on.
 *
 * @param name by which clients ask for it
 * @param config its shape
 * @param stopIds token ids that end a reply
 * @param sampling how tokens are chosen where a request does not say
 * @param tokenizer absent where prompts are token ids
 * @param fingerprint of weights and numeric mode: all that tokens depend on, in a word
 * @param createdEpochSeconds when the model was made
 * @param kernels what computes, in a word
 * @param computed whether steps have tensors, which limits their size
 * @param sharedBytes of everything that is not an expert, as it lies in HBM
 * @param expertBytes of one expert of one layer
 * @param kvVectorBytes of the key or the value of one kv head at one position
 * @param threads on which GPUs compute; where absent, as many as the settings say are made
 * @param device makes that of each GPU
 * @param tokens makes what chooses tokens, for each GPU
 */
public record PlacedModel(
    String name,
    ModelConfig config,
    Set<Integer> stopIds,
    ServedModel.SamplingDefaults sampling,
    Optional<Tokenizer> tokenizer,
    String fingerprint,
    long createdEpochSeconds,
    String kernels,
    boolean computed,
    long sharedBytes,
    long expertBytes,
    int kvVectorBytes,
    Optional<Executor> threads,
    Function<GpuId, Device> device,
    Supplier<TokenSource> tokens) {
  public PlacedModel {
    stopIds = Set.copyOf(stopIds);
  }

  /**
   * A model that is computed.
   *
   * @param checkpoint stays open as long as the node runs
   * @param name by which clients ask for the model
   * @param numerics of this checkpoint, shared by all GPUs; stays open as long as the node runs
   * @param observer of all GPUs, which call it at the same time
   */
  public static PlacedModel onCpu(
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      ForwardObserver observer) {
    ModelConfig config = checkpoint.config();
    RotaryTable rotary = new RotaryTable(config);
    return new PlacedModel(
        name,
        config,
        Set.copyOf(checkpoint.generationConfig().stopTokenIds()),
        ServedModel.SamplingDefaults.of(checkpoint.generationConfig()),
        tokenizer,
        numerics.mode() + "-" + checkpoint.fingerprint().substring(0, 12),
        createdEpochSeconds(checkpoint),
        numerics.kernels().name(),
        true,
        numerics.weights().sharedBytes(),
        numerics.weights().expertBytes(),
        numerics.kernels().kvFormat().vectorBytes(config.headDim()),
        Optional.of(numerics.workers()),
        id ->
            new CpuDevice(
                numerics.weights(),
                numerics.kernels(),
                rotary,
                new ExpertSlots(id, config),
                observer),
        Sampler::new);
  }

  /** The same model on other devices. */
  public PlacedModel on(Function<GpuId, Device> devices) {
    return new PlacedModel(
        name,
        config,
        stopIds,
        sampling,
        tokenizer,
        fingerprint,
        createdEpochSeconds,
        kernels,
        computed,
        sharedBytes,
        expertBytes,
        kvVectorBytes,
        threads,
        devices,
        tokens);
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
}
