package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.HALF_SHORTS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link Int8Quantization} on the Vector API: the lanes are the rows of a tile. */
final class VectorInt8Quantization {
  private static final int BLOCK = Int8Matrix.BLOCK;
  private static final int TILE_ROWS = Int8Matrix.TILE_ROWS;
  private static final int PAIRS = BLOCK / 2;
  private static final int MAGNITUDE = 0x7FFF_FFFF;
  private static final int INFINITY = 0x7F80_0000;
  private static final int HIGH_HALF = 0xFFFF_0000;

  /** The least normal bfloat16. */
  private static final int LEAST_NORMAL = 0x0080;

  private static final int NAN = 0x7FC0;

  /**
   * Adding it rounds a float below 2^22 to the nearest whole number, which is then in the low bits.
   */
  private static final float ROUNDING = 0x1.8p23f;

  /** The offset in each of an int's four bytes: what a negative byte lacks to be unsigned. */
  private static final int OFFSETS = 0x8080_8080;

  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /** Two columns, the even one in the low half. */
  private static final ValueLayout.OfInt PAIR =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private VectorInt8Quantization() {}

  /** Quantizes tiles {@code from} to {@code to}, exclusive. */
  static void quantize(Bf16Matrix matrix, int from, int to, Int8Matrix out) {
    MemorySegment codes = out.codes();
    MemorySegment scales = out.scales();
    int blocks = Int8Matrix.blocks(matrix.columns());
    int[] rows = new int[TILE_ROWS * blocks * PAIRS];
    int[] pairs = new int[PAIRS * TILE_ROWS];
    for (int tile = from; tile < to; tile++) {
      copyRows(matrix, tile * TILE_ROWS, rows);
      for (int b = 0; b < blocks; b++) {
        transpose(rows, b, blocks, pairs);
        long block = (long) tile * blocks + b;
        for (int row = 0; row < TILE_ROWS; row += LENGTH) {
          quantize(
              pairs,
              row,
              codes,
              block * Int8Matrix.TILE_BLOCK_BYTES,
              scales,
              block * TILE_ROWS * Short.BYTES);
        }
      }
    }
  }

  /** The rows of a tile, {@code [16, blocks, 16]} pairs of columns; what is behind stays zero. */
  private static void copyRows(Bf16Matrix matrix, int first, int[] rows) {
    int columns = matrix.columns();
    int there = Math.min(TILE_ROWS, matrix.rows() - first);
    int stride = rows.length / TILE_ROWS;
    for (int r = 0; r < there; r++) {
      long at = (long) (first + r) * columns * Short.BYTES;
      MemorySegment.copy(matrix.data(), PAIR, at, rows, r * stride, columns / 2);
      if (columns % 2 != 0) {
        short last = matrix.data().get(BF16, at + (columns - 1L) * Short.BYTES);
        rows[r * stride + columns / 2] = Short.toUnsignedInt(last);
      }
    }
    Arrays.fill(rows, there * stride, rows.length, 0);
  }

  /** Transposes a block of a tile, {@code [16 pairs of columns, 16 rows]}. */
  private static void transpose(int[] rows, int block, int blocks, int[] pairs) {
    for (int r = 0; r < TILE_ROWS; r++) {
      int at = (r * blocks + block) * PAIRS;
      for (int p = 0; p < PAIRS; p++) {
        pairs[p * TILE_ROWS + r] = rows[at + p];
      }
    }
  }

  /** Quantizes as many rows of a block as a vector has lanes. */
  private static void quantize(
      int[] pairs,
      int row,
      MemorySegment codes,
      long codesAt,
      MemorySegment scales,
      long scalesAt) {
    IntVector amax = IntVector.zero(INTS);
    for (int p = 0; p < PAIRS; p++) {
      IntVector pair = IntVector.fromArray(INTS, pairs, p * TILE_ROWS + row);
      IntVector even = pair.lanewise(VectorOperators.LSHL, Short.SIZE).and(MAGNITUDE);
      amax = amax.max(even).max(pair.and(MAGNITUDE & HIGH_HALF));
    }
    IntVector quotient = amax.reinterpretAsFloats().div(127).reinterpretAsInts();
    // Up to the next bfloat16, so that no number exceeds 127.
    IntVector scale = quotient.add(0xFFFF).lanewise(VectorOperators.LSHR, Short.SIZE);
    VectorMask<Integer> infinite = amax.compare(VectorOperators.GE, INFINITY);
    VectorMask<Integer> tiny = scale.lt(LEAST_NORMAL);
    VectorMask<Integer> none = infinite.or(tiny);
    FloatVector inverse =
        FloatVector.broadcast(FLOATS, 1)
            .div(scale.lanewise(VectorOperators.LSHL, Short.SIZE).reinterpretAsFloats());
    for (int g = 0; g < PAIRS / 4; g++) {
      IntVector even = IntVector.zero(INTS);
      IntVector odd = IntVector.zero(INTS);
      for (int i = 0; i < 4; i++) {
        IntVector pair = IntVector.fromArray(INTS, pairs, (4 * g + i) * TILE_ROWS + row);
        even = even.or(number(pair.lanewise(VectorOperators.LSHL, Short.SIZE), inverse, 8 * i));
        odd = odd.or(number(pair.and(HIGH_HALF), inverse, 8 * i));
      }
      long at = codesAt + (g * TILE_ROWS + row) * (long) Integer.BYTES;
      write(even, none, codes, at);
      write(odd, none, codes, at + Int8Matrix.TILE_BLOCK_BYTES / 2);
    }
    ((ShortVector)
            scale
                .blend(0, tiny)
                .blend(NAN, infinite)
                .convertShape(VectorOperators.I2S, HALF_SHORTS, 0))
        .intoMemorySegment(scales, scalesAt + (long) row * Short.BYTES, LITTLE_ENDIAN);
  }

  /** The numbers of weights, each in the byte of its lane that begins at a bit. */
  private static IntVector number(IntVector weights, FloatVector inverse, int bit) {
    return weights
        .reinterpretAsFloats()
        .mul(inverse)
        .add(ROUNDING)
        .reinterpretAsInts()
        .and(0xFF)
        .lanewise(VectorOperators.LSHL, bit);
  }

  private static void write(
      IntVector numbers, VectorMask<Integer> none, MemorySegment codes, long at) {
    numbers
        .blend(0, none)
        .lanewise(VectorOperators.XOR, OFFSETS)
        .intoMemorySegment(codes, at, LITTLE_ENDIAN);
  }
}
