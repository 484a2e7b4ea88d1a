package io.rack72.kernel;

import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Random operands from a seed. */
final class Samples {
  private final SplittableRandom random;

  Samples(long seed) {
    random = new SplittableRandom(seed);
  }

  float[] floats(int length) {
    float[] out = new float[length];
    for (int i = 0; i < length; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return out;
  }

  /** An integer from {@code from} to {@code to}, both included. */
  int between(int from, int to) {
    return random.nextInt(from, to + 1);
  }

  Bf16Vector bf16Vector(int length) {
    return new Bf16Vector(bf16(length), length);
  }

  Bf16Matrix bf16Matrix(int rows, int columns) {
    return new Bf16Matrix(bf16(rows * columns), rows, columns);
  }

  private MemorySegment bf16(int length) {
    MemorySegment data = Arena.ofAuto().allocate(2L * length, 2);
    for (int i = 0; i < length; i++) {
      int bits = Float.floatToRawIntBits((float) random.nextGaussian());
      data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16));
    }
    return data;
  }

  Mxfp4Matrix mxfp4Matrix(int rows, int columns) {
    return mxfp4Matrix(rows, columns, 120, 130);
  }

  Mxfp4Matrix mxfp4Matrix(int rows, int columns, int lowestScale, int highestScale) {
    long values = (long) rows * columns;
    MemorySegment blocks = Arena.ofAuto().allocate(values / 2);
    MemorySegment scales = Arena.ofAuto().allocate(values / 32);
    for (long i = 0; i < blocks.byteSize(); i++) {
      blocks.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    for (long i = 0; i < scales.byteSize(); i++) {
      scales.set(ValueLayout.JAVA_BYTE, i, (byte) between(lowestScale, highestScale));
    }
    return new Mxfp4Matrix(blocks, scales, rows, columns);
  }

  /**
   * Keys and values of {@code positions} positions in the pages of {@code blockTokens}; what no
   * position fills is NaN, so that reading it shows.
   *
   * @param keys {@code [positions, kvHeads * headDim]}
   * @param values likewise
   */
  static KvPages pages(
      KvFormat format,
      AttentionShape shape,
      int positions,
      int blockTokens,
      float[] keys,
      float[] values) {
    int dim = shape.headDim();
    int width = shape.kvHeads() * dim;
    int vectorBytes = format.vectorBytes(dim);
    long keyOffset = 64;
    long valueOffset = keyOffset + (long) shape.kvHeads() * blockTokens * vectorBytes;
    MemorySegment[] blocks = new MemorySegment[Math.ceilDiv(positions, blockTokens)];
    for (int b = 0; b < blocks.length; b++) {
      blocks[b] = Arena.ofAuto().allocate(2 * valueOffset - keyOffset, 64);
      // The bits of a NaN in each format of floats.
      blocks[b].fill((byte) 0xFF);
    }
    for (int p = 0; p < positions; p++) {
      for (int h = 0; h < shape.kvHeads(); h++) {
        long at = ((long) h * blockTokens + p % blockTokens) * vectorBytes;
        int from = p * width + h * dim;
        format.store(keys, from, dim, blocks[p / blockTokens], keyOffset + at);
        format.store(values, from, dim, blocks[p / blockTokens], valueOffset + at);
      }
    }
    return new KvPages(blocks, blockTokens, keyOffset, valueOffset);
  }
}
