package io.rack72.rack;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.kernel.RotaryTable;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import io.rack72.model.CheckpointWeights;
import io.rack72.model.CpuDevice;
import io.rack72.model.Device;
import io.rack72.model.ExpertSlots;
import io.rack72.model.ForwardObserver;
import io.rack72.model.ForwardStep;
import io.rack72.model.ModelWeights;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import java.util.Arrays;
import java.util.List;

/**
 * Which experts the router chose for each token of a text, found by one GPU alone with no fabric:
 * what traffic arithmetic is done from.
 *
 * @param experts by layer, {@code [tokens, expertsPerToken]}
 * @param expertsPerToken experts of each token
 */
record RecordedRouting(int[][] experts, int expertsPerToken) {
  static RecordedRouting of(Checkpoint checkpoint, int[] tokens) {
    ModelConfig config = checkpoint.config();
    ModelWeights weights = new CheckpointWeights(checkpoint);
    ExpertSlots slots = new ExpertSlots(new GpuId(0), config);
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int expert = 0; expert < config.experts(); expert++) {
        slots.load(layer, expert, weights.expert(layer, expert));
      }
    }
    KvLayout layout = new KvLayout(config, 16);
    int blocks = layout.blocksFor(tokens.length);
    try (Workers workers = new Workers(1);
        KvCache cache = new KvCache(layout, blocks, blocks)) {
      Device device =
          new CpuDevice(
              weights,
              new VectorKernels(workers),
              new RotaryTable(config),
              slots,
              ForwardObserver.NONE);
      SequenceKv kv = new SequenceKv(cache);
      kv.growTo(tokens.length);
      ForwardStep step =
          device.begin(
              new StepBatch(tokens, List.of(new StepBatch.Slice(kv, 0, tokens.length, 0, 0))));
      int k = config.expertsPerToken();
      int[] rows = new int[tokens.length * k];
      Arrays.setAll(rows, i -> i / k);
      int[][] experts = new int[config.layers()][];
      for (int layer = 0; layer < config.layers(); layer++) {
        Routing routing = step.route(layer, 0);
        experts[layer] = routing.experts().clone();
        step.combine(
            layer, device.experts(layer, routing.hidden(), rows, experts[layer], 0).values(), 0);
      }
      return new RecordedRouting(experts, k);
    }
  }

  /** The experts of one token in one layer, best first. */
  int[] of(int layer, int token) {
    return Arrays.copyOfRange(
        experts[layer], token * expertsPerToken, (token + 1) * expertsPerToken);
  }
}
