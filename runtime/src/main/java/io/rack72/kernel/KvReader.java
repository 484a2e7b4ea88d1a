package io.rack72.kernel;

import static io.rack72.kernel.Simd.LENGTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Reads vectors of keys and values as floats, in any {@link KvFormat}. */
final class KvReader {
  /** Bytes of the smallest vector that there is. */
  private static final int LEAST_BYTES = 8;

  /** As many bytes as a vector has floats, where there is such a vector. */
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Byte.SIZE * Math.max(LENGTH, LEAST_BYTES)));

  private KvReader() {}

  /**
   * Reads vectors that lie one behind the other.
   *
   * @param at byte of {@code block} where the first begins
   * @param vectors how many
   * @param to {@code [vectors, headDim]} from {@code index} on
   */
  static void read(
      KvFormat format,
      MemorySegment block,
      long at,
      int vectors,
      int headDim,
      float[] to,
      int index) {
    switch (format) {
      case FLOAT32 ->
          MemorySegment.copy(
              block, ValueLayout.JAVA_FLOAT_UNALIGNED, at, to, index, vectors * headDim);
      case BF16 -> widen(block, at, vectors * headDim, to, index);
      case INT8 -> {
        int bytes = format.vectorBytes(headDim);
        for (int v = 0; v < vectors; v++) {
          scale(block, at + (long) v * bytes, headDim, to, index + v * headDim);
        }
      }
    }
  }

  private static void widen(MemorySegment block, long at, int count, float[] to, int index) {
    int whole = count / LENGTH * LENGTH;
    for (int i = 0; i < whole; i += LENGTH) {
      ShortVector upper =
          ShortVector.fromMemorySegment(
              Simd.HALF_SHORTS, block, at + 2L * i, ByteOrder.nativeOrder());
      ((IntVector) upper.convertShape(VectorOperators.S2I, Simd.INTS, 0))
          .lanewise(VectorOperators.LSHL, 16)
          .reinterpretAsFloats()
          .intoArray(to, index + i);
    }
    for (int i = whole; i < count; i++) {
      int upper = block.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i);
      to[index + i] = Float.intBitsToFloat(upper << 16);
    }
  }

  private static void scale(MemorySegment block, long at, int headDim, float[] to, int index) {
    long numbers = at + KvFormat.scaleBytes(headDim);
    for (int i = 0; i < headDim; i += KvFormat.BLOCK) {
      float scale =
          block.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + i / KvFormat.BLOCK * (long) Float.BYTES);
      int count = Math.min(KvFormat.BLOCK, headDim - i);
      int whole = LENGTH < LEAST_BYTES ? 0 : count / LENGTH * LENGTH;
      for (int j = 0; j < whole; j += LENGTH) {
        IntVector wide =
            (IntVector)
                ByteVector.fromMemorySegment(BYTES, block, numbers + i + j, ByteOrder.nativeOrder())
                    .convertShape(VectorOperators.B2I, Simd.INTS, 0);
        ((FloatVector) wide.convert(VectorOperators.I2F, 0))
            .mul(scale)
            .intoArray(to, index + i + j);
      }
      for (int j = whole; j < count; j++) {
        to[index + i + j] = block.get(ValueLayout.JAVA_BYTE, numbers + i + j) * scale;
      }
    }
  }
}
