package io.rack72.kv;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.function.IntUnaryOperator;

/**
 * The names of one sequence's whole blocks, as far as its tokens are known. They are computed when
 * they are first asked for, and kept as words one behind the other, since a rack has millions. Not
 * thread-safe.
 */
public final class BlockNames {
  private static final int WORDS = 4;

  private final BlockHasher hasher;
  private final int blockTokens;
  private final boolean shared;
  private final String salt;
  private long[] words;
  private int known;

  BlockNames(BlockHasher hasher, int blockTokens, boolean shared, String salt) {
    this(hasher, blockTokens, shared, salt, new long[0], 0);
  }

  private BlockNames(
      BlockHasher hasher, int blockTokens, boolean shared, String salt, long[] words, int known) {
    this.hasher = hasher;
    this.blockTokens = blockTokens;
    this.shared = shared;
    this.salt = salt;
    this.words = words;
    this.known = known;
  }

  /** The same names, for another sequence of the prompt. */
  BlockNames copy() {
    return new BlockNames(hasher, blockTokens, shared, salt, words.clone(), known);
  }

  String salt() {
    return salt;
  }

  /**
   * The names of the whole blocks among the sequence's first tokens; none where prefixes are not
   * shared.
   *
   * @param tokens the sequence's, by position
   * @param count how many of them
   */
  public List<BlockHash> of(IntUnaryOperator tokens, int count) {
    int blocks = shared ? count / blockTokens : 0;
    if (blocks * WORDS > words.length) {
      words = Arrays.copyOf(words, Math.max(blocks * WORDS, 2 * words.length));
    }
    for (; known < blocks; known++) {
      BlockHash before = known == 0 ? hasher.root(salt) : name(known - 1);
      BlockHash name = hasher.next(before, tokens, known * blockTokens);
      int at = known * WORDS;
      words[at] = name.a();
      words[at + 1] = name.b();
      words[at + 2] = name.c();
      words[at + 3] = name.d();
    }
    return new First(blocks);
  }

  private BlockHash name(int block) {
    int at = block * WORDS;
    return new BlockHash(words[at], words[at + 1], words[at + 2], words[at + 3]);
  }

  /** Names from the first on, which never change. */
  private final class First extends AbstractList<BlockHash> implements RandomAccess {
    private final int blocks;

    First(int blocks) {
      this.blocks = blocks;
    }

    @Override
    public BlockHash get(int index) {
      return name(Objects.checkIndex(index, blocks));
    }

    @Override
    public int size() {
      return blocks;
    }
  }
}
