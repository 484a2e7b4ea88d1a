package io.rack72.model;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import java.lang.foreign.Arena;
import java.util.Locale;
import java.util.function.Function;

/**
 * A numeric mode at work on a checkpoint: its kernels, and the weights in the formats that they
 * want. Tokens depend on the mode. Thread-safe; closed after the last kernel has returned, and
 * before the checkpoint.
 *
 * <p><b>Exact</b>: activations in float32 and weights as stored, what the reference vectors judge.
 *
 * <p><b>Fast</b>: activations in 8 bits where they meet weights of experts, and, unless the dense
 * weights are left in bfloat16, those of attention and the output matrix, which are quantized to 8
 * bits here. Keys and values are stored in a {@link KvFormat}. The router, the norms and the
 * arithmetic of attention stay in float32.
 */
public final class Numerics implements AutoCloseable {
  /** Formats of the weights of attention and of the output matrix in the fast mode. */
  public enum DenseWeights {
    /** 8 bits with a scale for each 32: half the memory traffic. */
    INT8,
    /** As stored. */
    BF16
  }

  private final String mode;
  private final Workers workers;
  private final Kernels kernels;
  private final ModelWeights weights;
  private final Arena arena = Arena.ofShared();

  private Numerics(
      String mode, Kernels kernels, Workers workers, Function<Arena, ModelWeights> weights) {
    this.mode = mode;
    this.workers = workers;
    this.kernels = kernels;
    try {
      this.weights = weights.apply(arena);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** The exact mode. */
  public static Numerics exact(Checkpoint checkpoint, Workers workers) {
    ModelWeights stored = new CheckpointWeights(checkpoint);
    return new Numerics("exact", new VectorKernels(workers), workers, arena -> stored);
  }

  /**
   * The fast mode. Quantizing the dense weights reads them once.
   *
   * @param choice which kernels; tokens do not depend on it
   * @param kv format of keys and values
   * @throws IllegalArgumentException where this machine lacks the kernels that are chosen
   */
  public static Numerics fast(
      Checkpoint checkpoint,
      Workers workers,
      FastKernels.Choice choice,
      DenseWeights dense,
      KvFormat kv) {
    FastKernels kernels = new FastKernels(new VectorKernels(workers, kv), workers, choice);
    ModelWeights stored = new CheckpointWeights(checkpoint);
    return new Numerics(
        "fast-%s-kv-%s".formatted(word(dense), word(kv)),
        kernels,
        workers,
        arena ->
            switch (dense) {
              case BF16 -> stored;
              case INT8 -> new Int8Weights(stored, arena, kernels);
            });
  }

  /**
   * All that tokens depend on, in a word: {@code exact}, or {@code fast} with the formats of dense
   * weights, and of keys and values, such as {@code fast-int8-kv-bf16}.
   */
  public String mode() {
    return mode;
  }

  private static String word(Enum<?> format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  /** The threads that the kernels use; of whoever made them, who closes them. */
  public Workers workers() {
    return workers;
  }

  public Kernels kernels() {
    return kernels;
  }

  public ModelWeights weights() {
    return weights;
  }

  /** Frees the quantized weights. */
  @Override
  public void close() {
    arena.close();
  }
}
