package io.rack72.kv;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The names of one sequence's whole blocks, as far as its tokens are known. They are computed when
 * they are first asked for. Not thread-safe.
 */
public final class BlockNames {
  private final BlockHasher hasher;
  private final int blockTokens;
  private final boolean shared;
  private final List<BlockHash> names = new ArrayList<>();
  private final List<BlockHash> view = Collections.unmodifiableList(names);
  private final String salt;

  BlockNames(BlockHasher hasher, int blockTokens, boolean shared, String salt) {
    this.hasher = hasher;
    this.blockTokens = blockTokens;
    this.shared = shared;
    this.salt = salt;
  }

  /** The same names, for another sequence of the prompt. */
  BlockNames copy() {
    BlockNames copy = new BlockNames(hasher, blockTokens, shared, salt);
    copy.names.addAll(names);
    return copy;
  }

  String salt() {
    return salt;
  }

  /**
   * The names of the whole blocks among the sequence's first tokens; none where prefixes are not
   * shared.
   *
   * @param tokens the sequence's
   * @param count how many of them
   */
  public List<BlockHash> of(int[] tokens, int count) {
    int blocks = shared ? count / blockTokens : 0;
    while (names.size() < blocks) {
      BlockHash before = names.isEmpty() ? hasher.root(salt) : names.getLast();
      names.add(hasher.next(before, tokens, names.size() * blockTokens));
    }
    return view.subList(0, blocks);
  }
}
