package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Turns bfloat16 matrices into 8-bit ones for the fast mode.
 *
 * <p><b>The numeric contract.</b> With {@code a} the largest magnitude of 32 weights that share a
 * scale, the scale is {@code a / 127} rounded up to bfloat16, and a number is the weight times
 * {@code 1 / scale}, both in float32, rounded to the nearest whole one, ties to even. A block whose
 * scale would be subnormal is zero; one with an infinity or a NaN has the scale NaN.
 */
public final class Int8Conversion {
  private static final int BLOCK = Int8Matrix.BLOCK;
  private static final int TILE_ROWS = Int8Matrix.TILE_ROWS;
  private static final int MAGNITUDE = 0x7FFF_FFFF;
  private static final int INFINITY = 0x7F80_0000;

  /** The least normal bfloat16. */
  private static final int LEAST_NORMAL = 0x0080;

  /** Adding and subtracting it rounds a float below 2^22 to the nearest whole number. */
  private static final float ROUNDING = 0x1.8p23f;

  private static final short NAN = 0x7FC0;
  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private Int8Conversion() {}

  /**
   * Converts a matrix. If it is mapped, its pages are given back, since it is not needed again
   * soon.
   *
   * @param arena owns the memory of the result
   * @param workers who share in the work
   */
  public static Int8Matrix convert(Bf16Matrix matrix, Arena arena, Workers workers) {
    int tiles = Int8Matrix.tiles(matrix.rows());
    long blocks = (long) tiles * Int8Matrix.blocks(matrix.columns());
    MemorySegment codes = NativeMemory.allocate(blocks * Int8Matrix.TILE_BLOCK_BYTES, arena);
    MemorySegment scales = NativeMemory.allocate(blocks * TILE_ROWS * Short.BYTES, arena);
    workers.share(tiles, 16, (from, to) -> convert(matrix, from, to, codes, scales));
    if (matrix.data().isMapped()) {
      matrix.data().unload();
    }
    return new Int8Matrix(codes, scales, matrix.rows(), matrix.columns());
  }

  private static void convert(
      Bf16Matrix matrix, int from, int to, MemorySegment codes, MemorySegment scales) {
    int columns = matrix.columns();
    int blocks = Int8Matrix.blocks(columns);
    short[] stored = new short[columns];
    float[] row = new float[blocks * BLOCK];
    int[] numbers = new int[BLOCK];
    for (int tile = from; tile < to; tile++) {
      for (int r = 0; r < TILE_ROWS; r++) {
        int at = tile * TILE_ROWS + r;
        if (at < matrix.rows()) {
          MemorySegment.copy(matrix.data(), BF16, 2L * at * columns, stored, 0, columns);
        } else {
          Arrays.fill(stored, (short) 0);
        }
        for (int i = 0; i < columns; i++) {
          row[i] = Float.intBitsToFloat(stored[i] << 16);
        }
        for (int b = 0; b < blocks; b++) {
          long block = (long) tile * blocks + b;
          scales.set(BF16, (block * TILE_ROWS + r) * Short.BYTES, round(row, b * BLOCK, numbers));
          long first = block * Int8Matrix.TILE_BLOCK_BYTES + (long) r * Integer.BYTES;
          for (int g = 0; g < BLOCK / 4; g++) {
            int four =
                numbers[4 * g]
                    | (numbers[4 * g + 1] << 8)
                    | (numbers[4 * g + 2] << 16)
                    | (numbers[4 * g + 3] << 24);
            codes.set(INT, first + (long) g * TILE_ROWS * Integer.BYTES, four);
          }
        }
      }
    }
  }

  /** Writes the bytes of a block, offset included and even columns first; returns its scale. */
  private static short round(float[] row, int from, int[] out) {
    IntVector largest = IntVector.zero(INTS);
    for (int i = 0; i < BLOCK; i += LENGTH) {
      IntVector bits = FloatVector.fromArray(FLOATS, row, from + i).reinterpretAsInts();
      largest = largest.max(bits.and(MAGNITUDE));
    }
    int most = largest.reduceLanes(VectorOperators.MAX);
    int quotient = Float.floatToRawIntBits(Float.intBitsToFloat(most) / 127);
    // Up to the next bfloat16, so that no number exceeds 127.
    int scale = (quotient + 0xFFFF) >>> 16;
    if (most >= INFINITY || scale < LEAST_NORMAL) {
      Arrays.fill(out, Int8Matrix.OFFSET);
      return most >= INFINITY ? NAN : 0;
    }
    float inverse = 1 / Float.intBitsToFloat(scale << 16);
    for (int i = 0; i < BLOCK; i += 2 * LENGTH) {
      FloatVector low = FloatVector.fromArray(FLOATS, row, from + i);
      FloatVector high = FloatVector.fromArray(FLOATS, row, from + i + LENGTH);
      FloatVector even = low.rearrange(Simd.EVENS, high).mul(inverse).add(ROUNDING).sub(ROUNDING);
      FloatVector odd = low.rearrange(Simd.ODDS, high).mul(inverse).add(ROUNDING).sub(ROUNDING);
      ((IntVector) even.convert(VectorOperators.F2I, 0))
          .add(Int8Matrix.OFFSET)
          .intoArray(out, i / 2);
      ((IntVector) odd.convert(VectorOperators.F2I, 0))
          .add(Int8Matrix.OFFSET)
          .intoArray(out, BLOCK / 2 + i / 2);
    }
    return (short) scale;
  }
}
