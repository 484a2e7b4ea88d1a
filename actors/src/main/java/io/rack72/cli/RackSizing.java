package io.rack72.cli;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.config.KvSettings;
import io.rack72.config.Rack72Config;
import io.rack72.kv.KvLayout;
import io.rack72.kv.KvSizing;
import io.rack72.model.ModelWeights;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.HbmBudget;
import io.rack72.placement.Placement;

/**
 * What a rack's configuration leaves to be derived from the host and the model. All nodes of a rack
 * need the same, so where they are several it is derived once.
 *
 * @param dataParallel GPUs that take sequences
 * @param kvBytesPerGpu size of the KV pools of each of them
 */
record RackSizing(int dataParallel, long kvBytesPerGpu) {
  /**
   * Derives it.
   *
   * @param weights in the formats in which they lie in HBM
   * @param hostMemoryBytes of which KV memory gets the configured share
   * @throws HbmBudget.DoesNotFitException if the weights do not fit in HBM
   * @throws CommandFailedException if KV memory that is set outright does not fit in the host's
   */
  static RackSizing of(
      Rack72Config config, ModelConfig model, ModelWeights weights, long hostMemoryBytes) {
    int dataParallel =
        config.dataParallel().orElseGet(() -> gpusWithRoom(config, model, hostMemoryBytes));
    ExpertPlacement placement =
        new ExpertPlacement(
            1, config.rack().gpuCount(), config.expertParallel(), model.layers(), model.experts());
    HbmBudget hbm =
        new HbmBudget(
            config.rack(),
            Placement.first(placement, dataParallel),
            weights.sharedBytes(),
            weights.expertBytes());
    // Weights that do not fit are told as such, before the KV memory that is left is none.
    hbm.check(0);
    checkHostHolds(config.kv(), dataParallel, hostMemoryBytes);
    return new RackSizing(
        dataParallel, config.kv().bytesPerGpu(hostMemoryBytes, dataParallel, hbm.kvRoomBytes()));
  }

  private static int gpusWithRoom(Rack72Config config, ModelConfig model, long hostMemoryBytes) {
    return config
        .kv()
        .gpusWithRoom(
            hostMemoryBytes,
            config.rack().gpuCount(),
            // In float32 in the fast mode too, so that a smaller format means longer contexts.
            KvSizing.bytesFor(
                new KvLayout(model, config.kv().blockTokens()),
                config.kv().leastContext(),
                config.scheduler().maxRunning(),
                config.scheduler().tokenBudget()));
  }

  /** What is set outright must fit; what is left open is derived from what there is. */
  private static void checkHostHolds(KvSettings kv, int dataParallel, long hostMemoryBytes) {
    long derived = (long) (hostMemoryBytes * kv.hostShare()) / dataParallel;
    long pools = kv.bytesPerGpu().orElse(derived);
    // Divided, since products and sums may not fit a long.
    long most = hostMemoryBytes / dataParallel;
    if (pools > most || kv.hostBytesPerGpu() > most - pools) {
      throw new CommandFailedException(
          "%,d bytes of KV memory (rack72.kv.bytes-per-gpu) and %,d more for evicted blocks"
                  .formatted(pools, kv.hostBytesPerGpu())
              + " (rack72.kv.host-bytes-per-gpu) for each of %d GPUs (rack72.data-parallel)"
                  .formatted(dataParallel)
              + " are more than this host's memory of %,d bytes".formatted(hostMemoryBytes)
              + (pools > most
                  ? ""
                  : "; at most %,d for evicted blocks would fit, or more on fewer GPUs"
                      .formatted(most - pools)));
    }
  }
}
