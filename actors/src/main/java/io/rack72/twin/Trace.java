package io.rack72.twin;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Requests that were recorded, with the prefixes that they share but not their text. Immutable.
 *
 * @param entries in the order in which they came
 */
public record Trace(List<Entry> entries) {
  /** Tokens for which one prefix id stands. */
  public static final int BLOCK_TOKENS = 512;

  /**
   * One request.
   *
   * @param atMillis since the start of the trace
   * @param inputLength tokens of the prompt
   * @param outputLength tokens of the reply
   * @param blocks an id for each begun {@link #BLOCK_TOKENS} of the prompt; prompts whose first ids
   *     are equal begin alike
   */
  public record Entry(long atMillis, int inputLength, int outputLength, List<Long> blocks) {
    public Entry {
      blocks = List.copyOf(blocks);
      if (blocks.size() != blocksOf(inputLength)) {
        throw new IllegalArgumentException(
            "a prompt of %d tokens has %d blocks, not %d"
                .formatted(inputLength, blocksOf(inputLength), blocks.size()));
      }
    }

    /**
     * Tokens for the prompt: the same for the same block, wherever it is.
     *
     * @param vocabSize above all tokens
     */
    int[] prompt(long seed, int vocabSize) {
      int[] prompt = new int[inputLength];
      long base = new SplittableRandom(seed).nextLong();
      for (int block = 0; block < blocks.size(); block++) {
        int from = block * BLOCK_TOKENS;
        SplittableRandom random = new SplittableRandom(base + blocks.get(block));
        for (int i = from; i < Math.min(from + BLOCK_TOKENS, inputLength); i++) {
          prompt[i] = random.nextInt(vocabSize);
        }
      }
      return prompt;
    }
  }

  public Trace {
    entries = List.copyOf(entries);
  }

  /** Blocks that a prompt begins. */
  static int blocksOf(int inputLength) {
    return Math.ceilDiv(inputLength, BLOCK_TOKENS);
  }
}
