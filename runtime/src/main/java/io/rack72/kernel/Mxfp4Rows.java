package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.Simd.SHORTS;
import static io.rack72.kernel.WeightPanel.ROWS;
import static io.rack72.kernel.WeightPanel.STEPS;
import static io.rack72.kernel.WeightPanel.STEP_SHORTS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * MXFP4 rows on their way from memory into a {@link WeightPanel}. They are copied whole, since
 * memory comes fastest in the order in which it lies; then blocks of all rows are transposed, so
 * that a lane is a row, and their codes looked up. Belongs to one thread.
 */
final class Mxfp4Rows {
  private static final ValueLayout.OfInt CODES =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private static final VarHandle FOUR_BYTES =
      MethodHandles.byteArrayViewVarHandle(int[].class, LITTLE_ENDIAN);

  private static final int TILE_ROWS = BlockProducts.TILE_ROWS;

  /** Ints of the codes of one block. */
  static final int BLOCK_INTS = 4;

  /** Blocks that are transposed together: their codes are 64 bytes of a row. */
  private static final int TOGETHER = 4;

  /** Bits of a code. */
  static final int CODE_BITS = 4;

  private static final int EXPONENT_SHIFT = 23;

  /** The bits of 2^-127, which is subnormal: the scale that byte 0 stands for. */
  private static final int LEAST_SCALE = 0x0040_0000;

  /** Twice the value of each E2M1 code; as often as it takes to fill a vector. */
  static final short[] TWICE = {
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12,
    0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12
  };

  /** What {@link #transpose} fills, {@code [16, 4, 32]} ints of eight codes. */
  final int[] transposed = new int[WeightPanel.BLOCKS * BLOCK_INTS * ROWS];

  private final int[] quarters = new int[TOGETHER * BLOCK_INTS * TILE_ROWS];
  private final int[] fourExponents = new int[ROWS];
  private int[] codes = {};
  private byte[] exponents = {};
  private int lastRow;

  /** Takes 32 rows, or as many as are left. */
  void read(Mxfp4Matrix w, int row) {
    int blocks = w.columns() / Mxfp4Matrix.BLOCK;
    int rows = Math.min(ROWS, w.rows() - row);
    lastRow = rows - 1;
    // Blocks that are read together may begin with a row's last one.
    int most = ROWS * blocks + TOGETHER;
    if (exponents.length < most) {
      exponents = new byte[most];
      codes = new int[most * BLOCK_INTS];
    }
    long first = (long) row * blocks;
    int count = rows * blocks;
    long from = first * BLOCK_INTS * Integer.BYTES;
    MemorySegment.copy(w.blocks(), CODES, from, codes, 0, count * BLOCK_INTS);
    MemorySegment.copy(w.scales(), ValueLayout.JAVA_BYTE, first, exponents, 0, count);
  }

  /**
   * Transposes blocks of the rows that were read.
   *
   * @param blocks of a whole row
   * @param scales {@code [count, 32]}, and up to three blocks behind them with whatever follows
   */
  void transpose(int blocks, int block, int count, float[] scales) {
    for (int b = 0; b < count; b += TOGETHER) {
      gatherExponents(exponents, blocks, block + b, lastRow, fourExponents);
      for (int i = 0; i < TOGETHER; i++) {
        halfScales(fourExponents, i * Byte.SIZE, scales, (b + i) * ROWS);
      }
    }
    if (LENGTH == TILE_ROWS) {
      for (int b = 0; b < count; b += TOGETHER) {
        for (int row = 0; row < ROWS; row += TILE_ROWS) {
          quarter(codes, row, lastRow, blocks, block + b, quarters);
          transposeQuarters(quarters, transposed, b * BLOCK_INTS * ROWS + row);
        }
      }
    } else {
      transposeByCode(codes, lastRow, blocks, block, count, transposed);
    }
  }

  /** The exponents of four blocks of each row, one int a row; the last row again behind it. */
  private static void gatherExponents(byte[] from, int blocks, int block, int lastRow, int[] to) {
    int at = block;
    for (int r = 0; r < ROWS; r++) {
      to[r] = (int) FOUR_BYTES.get(from, at);
      at += r < lastRow ? blocks : 0;
    }
  }

  /** Half of 2^(byte - 127) for a byte of each int; 255 is NaN. */
  private static void halfScales(int[] raw, int shift, float[] scales, int to) {
    for (int lane = 0; lane < ROWS; lane += LENGTH) {
      FloatVector scale =
          IntVector.fromArray(INTS, raw, lane)
              .lanewise(VectorOperators.LSHR, shift)
              .and(0xFF)
              .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
              .max(LEAST_SCALE)
              .reinterpretAsFloats();
      // The exponent of 255 alone is an infinity, and that times zero is NaN.
      scale.fma(FloatVector.zero(FLOATS), scale.mul(0.5f)).intoArray(scales, to + lane);
    }
  }

  // What the lanes of a vector take of two: lanes 16 and up are those of the second one.
  private static final IntVector FIRST_QUARTERS =
      lanes(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  private static final IntVector LAST_QUARTERS =
      lanes(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  private static final IntVector FIRST_HALVES =
      lanes(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  private static final IntVector LAST_HALVES =
      lanes(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  private static final IntVector FIRST_INTS =
      lanes(0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  private static final IntVector LAST_INTS =
      lanes(2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  private static final IntVector FIRST_LONGS =
      lanes(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
  private static final IntVector LAST_LONGS =
      lanes(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);

  private static IntVector lanes(int... lanes) {
    return IntVector.fromArray(IntVector.SPECIES_512, lanes, 0);
  }

  /**
   * Takes four blocks of sixteen rows apart, where a vector holds four blocks of a row.
   *
   * @param to {@code [4, 4, 4, 4]}: of each block, for each row of a quarter, its ints and those of
   *     the rows 4, 8 and 12 behind it
   */
  private static void quarter(int[] codes, int row, int lastRow, int blocks, int block, int[] to) {
    for (int r = 0; r < 4; r++) {
      int at = block * BLOCK_INTS;
      int stride = blocks * BLOCK_INTS;
      IntVector a = IntVector.fromArray(INTS, codes, at + Math.min(row + r, lastRow) * stride);
      IntVector b = IntVector.fromArray(INTS, codes, at + Math.min(row + r + 4, lastRow) * stride);
      IntVector c = IntVector.fromArray(INTS, codes, at + Math.min(row + r + 8, lastRow) * stride);
      IntVector d = IntVector.fromArray(INTS, codes, at + Math.min(row + r + 12, lastRow) * stride);
      IntVector ab = FIRST_QUARTERS.selectFrom(a, b);
      IntVector cd = FIRST_QUARTERS.selectFrom(c, d);
      FIRST_HALVES.selectFrom(ab, cd).intoArray(to, r * TILE_ROWS);
      LAST_HALVES.selectFrom(ab, cd).intoArray(to, (4 + r) * TILE_ROWS);
      ab = LAST_QUARTERS.selectFrom(a, b);
      cd = LAST_QUARTERS.selectFrom(c, d);
      FIRST_HALVES.selectFrom(ab, cd).intoArray(to, (8 + r) * TILE_ROWS);
      LAST_HALVES.selectFrom(ab, cd).intoArray(to, (12 + r) * TILE_ROWS);
    }
  }

  /** Takes what {@link #quarter} leaves to {@code [4, 4, 32]} ints, of which 16 rows are these. */
  private static void transposeQuarters(int[] quarters, int[] transposed, int to) {
    for (int block = 0; block < TOGETHER; block++) {
      int from = block * BLOCK_INTS * TILE_ROWS;
      IntVector a = IntVector.fromArray(INTS, quarters, from);
      IntVector b = IntVector.fromArray(INTS, quarters, from + TILE_ROWS);
      IntVector c = IntVector.fromArray(INTS, quarters, from + 2 * TILE_ROWS);
      IntVector d = IntVector.fromArray(INTS, quarters, from + 3 * TILE_ROWS);
      int at = to + block * BLOCK_INTS * ROWS;
      IntVector ab = FIRST_INTS.selectFrom(a, b);
      IntVector cd = FIRST_INTS.selectFrom(c, d);
      FIRST_LONGS.selectFrom(ab, cd).intoArray(transposed, at);
      LAST_LONGS.selectFrom(ab, cd).intoArray(transposed, at + ROWS);
      ab = LAST_INTS.selectFrom(a, b);
      cd = LAST_INTS.selectFrom(c, d);
      FIRST_LONGS.selectFrom(ab, cd).intoArray(transposed, at + 2 * ROWS);
      LAST_LONGS.selectFrom(ab, cd).intoArray(transposed, at + 3 * ROWS);
    }
  }

  /** The same, {@code [count, 4, 32]}, on shorter vectors. */
  private static void transposeByCode(
      int[] codes, int lastRow, int blocks, int block, int count, int[] transposed) {
    for (int r = 0; r < ROWS; r++) {
      int at = (Math.min(r, lastRow) * blocks + block) * BLOCK_INTS;
      for (int i = 0; i < count * BLOCK_INTS; i++) {
        transposed[i * ROWS + r] = codes[at + i];
      }
    }
  }

  /**
   * Looks up ints of eight codes each. A half of an int holds two even columns and the odd ones
   * behind them, which are half a block away in the order of {@link Int8Activations}.
   *
   * @param transposed {@code [count, 4, 32]}
   * @param weights as in {@link WeightPanel}
   */
  static void decode(int[] transposed, int count, short[] weights) {
    ShortVector table = ShortVector.fromArray(SHORTS, TWICE, 0);
    for (int i = 0; i < count * BLOCK_INTS; i++) {
      int even = (i / BLOCK_INTS * STEPS + i % BLOCK_INTS * 2) * STEP_SHORTS;
      int odd = even + STEPS / 2 * STEP_SHORTS;
      for (int lane = 0; lane < ROWS; lane += LENGTH) {
        ShortVector four =
            IntVector.fromArray(INTS, transposed, i * ROWS + lane).reinterpretAsShorts();
        int to = 2 * lane;
        value(table, four).intoArray(weights, even + to);
        four = four.lanewise(VectorOperators.LSHR, CODE_BITS);
        value(table, four).intoArray(weights, odd + to);
        four = four.lanewise(VectorOperators.LSHR, CODE_BITS);
        value(table, four).intoArray(weights, even + STEP_SHORTS + to);
        four = four.lanewise(VectorOperators.LSHR, CODE_BITS);
        value(table, four).intoArray(weights, odd + STEP_SHORTS + to);
      }
    }
  }

  /** Twice the value of the lowest code of each lane. */
  static ShortVector value(ShortVector table, ShortVector codes) {
    if (SHORTS.length() >= 16) {
      return codes.and((short) 15).selectFrom(table);
    }
    // The table has no room for the negative half: with a sign of -1, x ^ -1 - -1 is -x.
    ShortVector sign = codes.lanewise(VectorOperators.LSHL, 12).lanewise(VectorOperators.ASHR, 15);
    return codes.and((short) 7).selectFrom(table).lanewise(VectorOperators.XOR, sign).sub(sign);
  }
}
