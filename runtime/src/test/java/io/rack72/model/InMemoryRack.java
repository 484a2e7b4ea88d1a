package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.RotaryTable;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * GPUs without actors: the first one runs the steps, and all of them the experts that they own,
 * with the same dispatch and combine as on a rack, in memory and one after the other.
 */
final class InMemoryRack implements AutoCloseable {
  private static final int BLOCK_TOKENS = 16;
  private static final int BLOCKS = 4096;
  private static final long NOW = 0;

  private final ModelConfig config;
  private final List<Device> devices = new ArrayList<>();
  private final KvCache cache;
  private final ExpertOwner owner;
  private final List<Routing> routings = new ArrayList<>();

  InMemoryRack(ModelWeights weights, Kernels kernels, int degree, ForwardObserver observer) {
    config = weights.config();
    int vectorBytes = kernels.kvFormat().vectorBytes(config.headDim());
    cache = new KvCache(new KvLayout(config, BLOCK_TOKENS, vectorBytes), BLOCKS, BLOCKS);
    owner = (layer, expert) -> (layer * config.experts() + expert) % degree;
    RotaryTable rotary = new RotaryTable(config);
    for (int gpu = 0; gpu < degree; gpu++) {
      ExpertSlots slots = new ExpertSlots(new GpuId(gpu), config);
      for (int layer = 0; layer < config.layers(); layer++) {
        for (int expert = 0; expert < config.experts(); expert++) {
          if (owner.gpuOf(layer, expert) == gpu) {
            slots.load(layer, expert, weights.expert(layer, expert));
          }
        }
      }
      devices.add(new CpuDevice(weights, kernels, rotary, slots, observer));
    }
  }

  /** A sequence of which nothing is computed yet. */
  Sequence sequence(int[] prompt) {
    return new Sequence(prompt.clone(), new SequenceKv(cache));
  }

  /** Blocks of both pools that no sequence owns. */
  int freeBlocks() {
    return cache.full().freeBlocks() + cache.sliding().freeBlocks();
  }

  /** What the routers decided in the latest step, by layer; {@code hidden} is overwritten. */
  List<Routing> routings() {
    return routings;
  }

  /** Computes the next rows of one sequence and gives the logits of all of them. */
  float[] step(Sequence sequence, int rows) {
    return step(List.of(new Share(sequence, rows, rows)));
  }

  /**
   * Computes a step.
   *
   * @return {@code [wanted rows, vocabSize]}, share after share
   */
  float[] step(List<Share> shares) {
    ForwardStep step = devices.getFirst().begin(batch(shares));
    routings.clear();
    for (int layer = 0; layer < config.layers(); layer++) {
      Routing routing = step.route(layer, NOW);
      routings.add(routing);
      step.combine(layer, runExperts(layer, routing), NOW);
    }
    float[] logits = step.logits(NOW).values();
    for (Share share : shares) {
      share.sequence.computed += share.rows;
      share.sequence.kv.releaseBehindWindow(Integer.MAX_VALUE, share.sequence.computed);
    }
    return logits;
  }

  private static StepBatch batch(List<Share> shares) {
    int[] tokens = new int[shares.stream().mapToInt(Share::rows).sum()];
    List<StepBatch.Slice> slices = new ArrayList<>();
    int row = 0;
    for (Share share : shares) {
      Sequence sequence = share.sequence;
      sequence.kv.growTo(sequence.computed + share.rows);
      System.arraycopy(sequence.tokens, sequence.computed, tokens, row, share.rows);
      slices.add(
          new StepBatch.Slice(sequence.kv, row, share.rows, sequence.computed, share.logitRows));
      row += share.rows;
    }
    return new StepBatch(tokens, slices);
  }

  private float[] runExperts(int layer, Routing routing) {
    int hiddenSize = config.hiddenSize();
    float[] outputs = new float[routing.experts().length * hiddenSize];
    for (ExpertDispatch dispatch :
        ExpertDispatch.plan(layer, routing.experts(), config.expertsPerToken(), owner)) {
      Device device = devices.get(dispatch.gpu());
      float[] hidden = dispatch.gather(routing.hidden(), hiddenSize);
      float[] values =
          device.experts(layer, hidden, dispatch.rows(), dispatch.experts(), NOW).values();
      dispatch.scatter(values, hiddenSize, outputs);
    }
    return outputs;
  }

  /** Computes all uncomputed tokens, at most {@code chunk} a step, and gives the last logits. */
  float[] prefill(Sequence sequence, int chunk) {
    float[] logits = {};
    while (sequence.uncomputed() > 0) {
      int rows = Math.min(chunk, sequence.uncomputed());
      int logitRows = rows == sequence.uncomputed() ? 1 : 0;
      logits = step(List.of(new Share(sequence, rows, logitRows)));
    }
    return logits;
  }

  /** The index of the largest value, the first of equals. */
  static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public void close() {
    cache.close();
  }

  /** Some next rows of a sequence, and how many of the last of them need logits. */
  record Share(Sequence sequence, int rows, int logitRows) {}

  /** Tokens, and how many of them have their keys and values in the cache. */
  static final class Sequence {
    private int[] tokens;
    private int computed;
    private final SequenceKv kv;

    private Sequence(int[] tokens, SequenceKv kv) {
      this.tokens = tokens;
      this.kv = kv;
    }

    int uncomputed() {
      return tokens.length - computed;
    }

    void append(int token) {
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = token;
    }

    void end() {
      kv.releaseAll();
    }
  }
}
