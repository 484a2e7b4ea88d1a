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
  /** Room that a grown array has for further names, beside half as many as there are. */
  private static final int SPARE_BLOCKS = 8;

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
    // Whoever has a full array gets another one before the next name, so this one can be of both.
    boolean full = words.length == known * BlockHash.WORDS;
    long[] theirs = full ? words : Arrays.copyOf(words, known * BlockHash.WORDS);
    return new BlockNames(hasher, blockTokens, shared, salt, theirs, known);
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
    if (blocks * BlockHash.WORDS > words.length) {
      int spare = known == 0 ? 0 : known / 2 + SPARE_BLOCKS;
      words = Arrays.copyOf(words, Math.max(blocks, known + spare) * BlockHash.WORDS);
    }
    for (; known < blocks; known++) {
      BlockHash before = known == 0 ? hasher.root(salt) : name(known - 1);
      hasher.next(before, tokens, known * blockTokens).write(words, known * BlockHash.WORDS);
    }
    return new First(blocks);
  }

  private BlockHash name(int block) {
    return BlockHash.read(words, block * BlockHash.WORDS);
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
