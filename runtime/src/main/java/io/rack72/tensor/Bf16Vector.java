package io.rack72.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A vector of bfloat16 numbers in memory it does not own, as stored in a checkpoint.
 *
 * @param data {@code length * 2} bytes, little-endian
 * @param length number of elements
 */
public record Bf16Vector(MemorySegment data, int length) {
  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public Bf16Vector {
    if (length < 0 || data.byteSize() != length * 2L) {
      throw new IllegalArgumentException(
          "a bf16 vector of "
              + length
              + " takes "
              + length * 2L
              + " bytes, not "
              + data.byteSize());
    }
  }

  /** The element at {@code index}, widened exactly. */
  public float get(int index) {
    return Float.intBitsToFloat(data.getAtIndex(BF16, index) << 16);
  }

  /** All elements, widened exactly, in a new array. */
  public float[] toFloats() {
    float[] out = new float[length];
    for (int i = 0; i < length; i++) {
      out[i] = get(i);
    }
    return out;
  }

  /** Size in bytes. */
  public long bytes() {
    return data.byteSize();
  }
}
