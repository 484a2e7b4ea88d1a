package io.rack72.roofline;

import java.util.List;

/**
 * What a step computes on all GPUs of a replica together.
 *
 * @param decodes sequences of which one token is computed
 * @param context keys that each of them sees in a full layer, in the mean
 * @param chunks of prompts
 */
public record StepWork(double decodes, double context, List<Chunk> chunks) {
  /**
   * Consecutive tokens of prompts.
   *
   * @param sequences that have such a chunk
   * @param tokens of each
   * @param before of each, that are in the cache already
   */
  public record Chunk(double sequences, double tokens, double before) {}

  public StepWork {
    chunks = List.copyOf(chunks);
    if (!(decodes >= 0 && context >= 0)) {
      throw new IllegalArgumentException(
          "a step has no fewer than no sequences and keys: " + decodes + ", " + context);
    }
  }

  /** Only decodes. */
  public static StepWork decode(double sequences, double context) {
    return new StepWork(sequences, context, List.of());
  }

  /** Only prompts, each as a whole. */
  public static StepWork prefill(double sequences, double tokens) {
    return new StepWork(0, 0, List.of(new Chunk(sequences, tokens, 0)));
  }

  /** Rows of activations. */
  public double rows() {
    double rows = decodes;
    for (Chunk chunk : chunks) {
      rows += chunk.sequences() * chunk.tokens();
    }
    return rows;
  }

  /** Sequences, each of which has a token chosen. */
  public double sequences() {
    double sequences = decodes;
    for (Chunk chunk : chunks) {
      sequences += chunk.sequences();
    }
    return sequences;
  }
}
