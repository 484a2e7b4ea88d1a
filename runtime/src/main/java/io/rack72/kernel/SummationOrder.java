package io.rack72.kernel;

/**
 * The one order in which the products of a dot product are added, on every machine.
 *
 * <p>The terms are cut into blocks of 32, the last one filled up with zeros. Sixteen running sums,
 * the lanes, begin at +0. For each block in turn, lane {@code j} takes in the block's term {@code
 * 2j} and then its term {@code 2j + 1}, each with one fused multiply-add. At the end the lanes are
 * added in a tree: {@code s[j] += s[j + 8]} for j below 8, then {@code s[j] += s[j + 4]} for j
 * below 4, then 2, then 1. A bias is added last, to the tree's result.
 *
 * <p>Why this order: sixteen lanes are one 512-bit register, two of 256 bits or four of 128, and
 * the same bits come out of each. Pairing neighbours means that a 32-bit word of two bf16 numbers,
 * or a byte of two MXFP4 codes, gives its even element to one fused multiply-add and its odd
 * element to the next, with no shuffle. The activations are put in that order, "packed", once per
 * call: even elements of a block first, odd ones behind them. In packed order lane {@code j} simply
 * adds the terms {@code j, j + 16, j + 32, …}.
 */
final class SummationOrder {
  /** Running sums of one dot product. */
  static final int LANES = 16;

  /** Terms of a block: two for each lane. */
  static final int BLOCK = 2 * LANES;

  private SummationOrder() {}

  /** Blocks that hold {@code terms} terms. */
  static int blocks(int terms) {
    return Math.ceilDiv(terms, BLOCK);
  }

  /** Length of a packed row of {@code terms} terms. */
  static int packedLength(int terms) {
    return blocks(terms) * BLOCK;
  }

  /**
   * Packs rows of activations.
   *
   * @param x {@code [rows, columns]}, from {@code offset}
   * @param packed {@code [rows, packedLength(columns)]}, from 0
   */
  static void pack(float[] x, int offset, int rows, int columns, float[] packed) {
    int whole = columns / BLOCK;
    int to = 0;
    for (int r = 0; r < rows; r++) {
      int from = offset + r * columns;
      int rowEnd = from + columns;
      for (int b = 0; b < whole; b++, from += BLOCK, to += BLOCK) {
        for (int j = 0; j < LANES; j++) {
          packed[to + j] = x[from + 2 * j];
          packed[to + LANES + j] = x[from + 2 * j + 1];
        }
      }
      if (from < rowEnd) {
        for (int j = 0; j < LANES; j++) {
          int even = from + 2 * j;
          packed[to + j] = even < rowEnd ? x[even] : 0;
          packed[to + LANES + j] = even + 1 < rowEnd ? x[even + 1] : 0;
        }
        to += BLOCK;
      }
    }
  }

  /** Adds the sixteen lanes from {@code s[offset]} on, as a tree. */
  static float sum(float[] s, int offset) {
    float s0 = s[offset] + s[offset + 8];
    float s1 = s[offset + 1] + s[offset + 9];
    float s2 = s[offset + 2] + s[offset + 10];
    float s3 = s[offset + 3] + s[offset + 11];
    float s4 = s[offset + 4] + s[offset + 12];
    float s5 = s[offset + 5] + s[offset + 13];
    float s6 = s[offset + 6] + s[offset + 14];
    float s7 = s[offset + 7] + s[offset + 15];
    return ((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7));
  }
}
