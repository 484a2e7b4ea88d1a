package io.rack72.kv;

import java.util.Arrays;

/**
 * Makes the names of new sequences' blocks. Those of a prompt are computed once for all choices of
 * a request, which come one after the other. Not thread-safe.
 */
public final class PromptNames {
  private final BlockHasher hasher;
  private final int blockTokens;
  private final boolean shared;
  private int[] lastPromptIds;
  private BlockNames last;

  /**
   * @param blockTokens tokens of a block
   * @param shared whether prefixes are shared; if not, no block has a name
   */
  public PromptNames(int blockTokens, boolean shared) {
    this.blockTokens = blockTokens;
    this.shared = shared;
    hasher = new BlockHasher(blockTokens);
  }

  /**
   * The names of one sequence's blocks.
   *
   * @param promptIds which nobody changes any more
   * @param salt of the sequence; only those of one salt share prefixes
   */
  public BlockNames of(int[] promptIds, String salt) {
    if (!Arrays.equals(promptIds, lastPromptIds) || !last.salt().equals(salt)) {
      lastPromptIds = promptIds;
      last = new BlockNames(hasher, blockTokens, shared, salt);
      last.of(position -> promptIds[position], promptIds.length);
    }
    return last.copy();
  }
}
