package io.rack72.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Turns bfloat16 matrices into 8-bit ones for the fast mode.
 *
 * <p><b>The numeric contract.</b> With {@code a} the largest magnitude of 32 weights that share a
 * scale, the scale is {@code a / 127} rounded up to bfloat16, and a number is the weight divided by
 * the scale, rounded to the nearest whole one, ties to even. A block whose scale would be subnormal
 * is zero; one with an infinity or a NaN has the scale NaN.
 */
public final class Int8Conversion {
  private static final int BLOCK = Int8Matrix.BLOCK;
  private static final int TILE_ROWS = Int8Matrix.TILE_ROWS;
  private static final int INFINITY = 0x7F80;
  private static final short NAN = 0x7FC0;
  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);

  private Int8Conversion() {}

  /** Bytes that a converted matrix takes. */
  public static long bytes(int rows, int columns) {
    long blocks = (long) Int8Matrix.tiles(rows) * Int8Matrix.blocks(columns);
    return blocks * (Int8Matrix.TILE_BLOCK_BYTES + TILE_ROWS * Short.BYTES);
  }

  /**
   * Converts a matrix.
   *
   * @param arena owns the memory of the result
   * @param workers who share in the work
   */
  public static Int8Matrix convert(Bf16Matrix matrix, Arena arena, Workers workers) {
    int tiles = Int8Matrix.tiles(matrix.rows());
    long blocks = (long) tiles * Int8Matrix.blocks(matrix.columns());
    MemorySegment codes = arena.allocate(blocks * Int8Matrix.TILE_BLOCK_BYTES, 64);
    MemorySegment scales = arena.allocate(blocks * TILE_ROWS * Short.BYTES, 64);
    workers.share(tiles, 16, (from, to) -> convert(matrix, from, to, codes, scales));
    return new Int8Matrix(codes, scales, matrix.rows(), matrix.columns());
  }

  private static void convert(
      Bf16Matrix matrix, int from, int to, MemorySegment codes, MemorySegment scales) {
    int columns = matrix.columns();
    int blocks = Int8Matrix.blocks(columns);
    short[] row = new short[blocks * BLOCK];
    byte[] block = new byte[BLOCK];
    for (int tile = from; tile < to; tile++) {
      for (int r = 0; r < TILE_ROWS; r++) {
        int at = tile * TILE_ROWS + r;
        if (at < matrix.rows()) {
          MemorySegment.copy(matrix.data(), BF16, 2L * at * columns, row, 0, columns);
        } else {
          java.util.Arrays.fill(row, (short) 0);
        }
        for (int b = 0; b < blocks; b++) {
          short scale = round(row, b * BLOCK, block);
          long index = (long) tile * blocks + b;
          scales.set(BF16, (index * TILE_ROWS + r) * Short.BYTES, scale);
          long to4 = index * Int8Matrix.TILE_BLOCK_BYTES + (long) r * Integer.BYTES;
          for (int g = 0; g < 8; g++) {
            for (int c = 0; c < 4; c++) {
              codes.set(
                  ValueLayout.JAVA_BYTE,
                  to4 + (long) g * TILE_ROWS * Integer.BYTES + c,
                  block[4 * g + c]);
            }
          }
        }
      }
    }
  }

  /** Writes the bytes of a block, offset included and even columns first; returns its scale. */
  private static short round(short[] row, int from, byte[] out) {
    int largest = 0;
    for (int i = 0; i < BLOCK; i++) {
      largest = Math.max(largest, row[from + i] & 0x7FFF);
    }
    float a = Float.intBitsToFloat(largest << 16);
    int quotient = Float.floatToRawIntBits(a / 127);
    // Up to the next bfloat16, so that no number exceeds 127.
    int bits = (quotient + 0xFFFF) >>> 16;
    boolean nothing = largest >= INFINITY || bits < 0x80;
    float inverse = nothing ? 0 : 1 / Float.intBitsToFloat(bits << 16);
    for (int i = 0; i < BLOCK; i++) {
      int to = i / 2 + i % 2 * (BLOCK / 2);
      float weight = largest >= INFINITY ? 0 : Float.intBitsToFloat(row[from + i] << 16);
      out[to] = (byte) ((int) Math.rint(weight * inverse) + Int8Matrix.OFFSET);
    }
    return largest >= INFINITY ? NAN : (short) (nothing ? 0 : bits);
  }
}
