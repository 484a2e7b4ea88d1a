package io.rack72.sampling;

import java.util.Arrays;

/**
 * Which tokens a sequence has, and how often it generated each: what the penalties need. Grows with
 * the sequence, and is the same when it is rebuilt from the sequence's tokens. Not thread-safe.
 */
public final class TokenCounts {
  private static final int NONE = -1;
  private static final int[] NO_IDS = {};

  // An open-addressed table from token to the number of times it was generated, at most half full.
  private int[] tokens;
  private int[] counts;
  private int distinct;
  private int generated;

  /** Counts of an empty sequence. */
  public TokenCounts() {
    tokens = new int[64];
    counts = new int[64];
    Arrays.fill(tokens, NONE);
  }

  private TokenCounts(int generated) {
    tokens = NO_IDS;
    counts = NO_IDS;
    this.generated = generated;
  }

  /**
   * Counts of a sequence whose parameters never ask which tokens it has: how many were generated,
   * and no table, which would be most of a sequence's memory.
   *
   * @param generated tokens that it has generated already
   */
  public static TokenCounts withoutIds(int generated) {
    return new TokenCounts(generated);
  }

  /** Counts of a sequence that has these tokens already. */
  public static TokenCounts of(int[] promptIds, int[] generatedIds) {
    TokenCounts counts = new TokenCounts();
    for (int token : promptIds) {
      counts.addPrompt(token);
    }
    for (int token : generatedIds) {
      counts.addGenerated(token);
    }
    return counts;
  }

  /** Takes in one token of the prompt. */
  public void addPrompt(int token) {
    findOrInsert(token);
  }

  /** Takes in one generated token. */
  public void addGenerated(int token) {
    if (tokens.length == 0) {
      generated++;
      return;
    }
    // Inserting may replace the table, so the slot must be known before the table is looked up.
    int slot = findOrInsert(token);
    counts[slot]++;
    generated++;
  }

  /** Tokens generated so far. */
  public int generated() {
    return generated;
  }

  /**
   * Visits every distinct token of prompt and output, in no particular order.
   *
   * @throws IllegalStateException if they are counts without ids
   */
  public void forEach(Visitor visitor) {
    if (tokens.length == 0) {
      throw new IllegalStateException("which tokens there are was not counted: no penalty asked");
    }
    for (int slot = 0; slot < tokens.length; slot++) {
      if (tokens[slot] != NONE) {
        visitor.visit(tokens[slot], counts[slot]);
      }
    }
  }

  /** What {@link #forEach} calls. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * Sees one token.
     *
     * @param token in prompt or output
     * @param generated how often it was generated; 0 if it is in the prompt only
     */
    void visit(int token, int generated);
  }

  private int findOrInsert(int token) {
    if (token < 0) {
      throw new IllegalArgumentException("a token id is not negative: " + token);
    }
    int slot = find(token);
    if (tokens[slot] == token) {
      return slot;
    }
    if (2 * (distinct + 1) > tokens.length) {
      grow();
      slot = find(token);
    }
    tokens[slot] = token;
    distinct++;
    return slot;
  }

  /** The slot that holds the token, or the empty one where it would go. */
  private int find(int token) {
    int mask = tokens.length - 1;
    // Fibonacci hashing: neighbouring ids are common and should not cluster.
    int slot = ((token * 0x9E3779B9) >>> 7) & mask;
    while (tokens[slot] != NONE && tokens[slot] != token) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    int[] oldTokens = tokens;
    int[] oldCounts = counts;
    tokens = new int[2 * oldTokens.length];
    counts = new int[2 * oldTokens.length];
    Arrays.fill(tokens, NONE);
    for (int i = 0; i < oldTokens.length; i++) {
      if (oldTokens[i] != NONE) {
        int slot = find(oldTokens[i]);
        tokens[slot] = oldTokens[i];
        counts[slot] = oldCounts[i];
      }
    }
  }
}
