package io.rack72.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

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
 * element to the next, with no shuffle. The activations are put in that order, "packed", once for
 * all weight rows: even elements of a block first, odd ones behind them. In packed order lane
 * {@code j} simply adds the terms {@code j, j + 16, j + 32, …}. Rows that are multiplied together
 * are packed interleaved, sixteen terms of each in turn.
 */
final class SummationOrder {
  /** Running sums of one dot product. */
  static final int LANES = 16;

  /** Terms of a block: two for each lane. */
  static final int BLOCK = 2 * LANES;

  /** Vectors of a quarter of the lanes. */
  private static final VectorSpecies<Float> QUARTERS = FloatVector.SPECIES_128;

  private SummationOrder() {}

  /** Blocks that hold {@code terms} terms. */
  static int blocks(int terms) {
    return Math.ceilDiv(terms, BLOCK);
  }

  /** What a packed row of {@code terms} terms takes, interleaved with others or not. */
  static int packedLength(int terms) {
    return blocks(terms) * BLOCK;
  }

  /**
   * Packs rows of activations, {@code group} rows of them interleaved: sixteen terms of each, one
   * row behind the other, then the next sixteen of each. What a last group has no rows for keeps
   * what was there.
   *
   * @param x {@code [rows, columns]}, from {@code offset}
   * @param packed {@code [ceil(rows / group), packedLength(columns) / LANES, group, LANES]}, from 0
   */
  static void pack(float[] x, int offset, int rows, int columns, int group, float[] packed) {
    int whole = columns / BLOCK;
    int stride = group * LANES;
    for (int r = 0; r < rows; r++) {
      int from = offset + r * columns;
      int rowEnd = from + columns;
      int to = r / group * group * packedLength(columns) + r % group * LANES;
      for (int b = 0; b < whole; b++, from += BLOCK, to += 2 * stride) {
        for (int j = 0; j < LANES; j++) {
          packed[to + j] = x[from + 2 * j];
          packed[to + stride + j] = x[from + 2 * j + 1];
        }
      }
      if (from < rowEnd) {
        for (int j = 0; j < LANES; j++) {
          int even = from + 2 * j;
          packed[to + j] = even < rowEnd ? x[even] : 0;
          packed[to + stride + j] = even + 1 < rowEnd ? x[even + 1] : 0;
        }
      }
    }
  }

  /** Adds the sixteen lanes from {@code s[offset]} on, as a tree. */
  static float sum(float[] s, int offset) {
    FloatVector a = FloatVector.fromArray(QUARTERS, s, offset);
    FloatVector b = FloatVector.fromArray(QUARTERS, s, offset + 4);
    FloatVector c = FloatVector.fromArray(QUARTERS, s, offset + 8);
    FloatVector d = FloatVector.fromArray(QUARTERS, s, offset + 12);
    // s[j] + s[j + 8], then s[j] + s[j + 4], of four lanes at a time.
    FloatVector four = a.add(c).add(b.add(d));
    return (four.lane(0) + four.lane(2)) + (four.lane(1) + four.lane(3));
  }
}
