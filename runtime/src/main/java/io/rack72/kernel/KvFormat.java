package io.rack72.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How the keys and values of a numeric mode lie in KV memory. A <em>vector</em> is the key or the
 * value of one kv head at one position. It is rounded when it is stored and never again, so that
 * whoever reads it computes with the same numbers, in the step that wrote it too.
 */
public enum KvFormat {
  /** Float32, as computed. */
  FLOAT32,

  /**
   * Bfloat16, rounded to the nearest, ties to even; what is nearest to 2^128 is an infinity, and a
   * NaN stays one. Half the memory.
   */
  BF16,

  /**
   * 8-bit numbers with a float32 scale for each {@value #BLOCK} elements, the last block of a
   * vector may have fewer: the scales of a vector, then its numbers. About a quarter of the memory.
   *
   * <p>With {@code a} the largest magnitude of a block, its scale is {@code a / 127}, and a number
   * is the element times {@code 127 / a}, rounded to the nearest whole one, ties to even. It is
   * read as number times scale, which of the greatest floats may be an infinity. A block with
   * {@code a} below 2^-100 is zero; one with an infinity or a NaN is all NaN.
   */
  INT8;

  /** Elements that share a scale. */
  static final int BLOCK = 32;

  private static final float MOST = 127;

  /** Blocks with smaller numbers only are zero, so that the inverse of a scale is finite. */
  private static final float LEAST = 0x1p-100f;

  private static final short BF16_NAN = 0x7FC0;

  /** Bytes of a vector of {@code headDim} elements. */
  public int vectorBytes(int headDim) {
    return switch (this) {
      case FLOAT32 -> headDim * Float.BYTES;
      case BF16 -> headDim * Short.BYTES;
      case INT8 -> scaleBytes(headDim) + headDim;
    };
  }

  /** Bytes of the scales of an 8-bit vector, which its numbers follow. */
  public static int scaleBytes(int headDim) {
    return Math.ceilDiv(headDim, BLOCK) * Float.BYTES;
  }

  /**
   * Stores a vector.
   *
   * @param x has it from {@code from} on, {@code headDim} elements
   * @param at byte of {@code block} where it begins; any alignment
   */
  public void store(float[] x, int from, int headDim, MemorySegment block, long at) {
    switch (this) {
      case FLOAT32 ->
          MemorySegment.copy(x, from, block, ValueLayout.JAVA_FLOAT_UNALIGNED, at, headDim);
      case BF16 -> {
        for (int i = 0; i < headDim; i++) {
          block.set(
              ValueLayout.JAVA_SHORT_UNALIGNED, at + i * (long) Short.BYTES, toBf16(x[from + i]));
        }
      }
      case INT8 -> {
        long numbers = at + scaleBytes(headDim);
        for (int i = 0; i < headDim; i += BLOCK) {
          int count = Math.min(BLOCK, headDim - i);
          float scale = storeNumbers(x, from + i, count, block, numbers + i);
          block.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at + i / BLOCK * (long) Float.BYTES, scale);
        }
      }
    }
  }

  private static short toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.isNaN(x) ? BF16_NAN : (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** Stores the numbers of a block and returns its scale. */
  private static float storeNumbers(float[] x, int from, int count, MemorySegment to, long at) {
    float most = 0;
    for (int i = 0; i < count; i++) {
      // A NaN is the largest of all.
      most = Math.max(most, Math.abs(x[from + i]));
    }
    boolean finite = most <= Float.MAX_VALUE;
    float inverse = finite && most >= LEAST ? MOST / most : 0;
    for (int i = 0; i < count; i++) {
      to.set(ValueLayout.JAVA_BYTE, at + i, (byte) Math.rint(finite ? x[from + i] * inverse : 0));
    }
    if (!finite) {
      return Float.NaN;
    }
    return inverse == 0 ? 0 : most / MOST;
  }
}
