package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The products of the fast mode in plain loops, written from the contracts alone. */
final class PlainFastProducts {
  private static final int BLOCK = 32;
  private static final ValueLayout.OfShort BF16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] TWICE = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  private PlainFastProducts() {}

  static float[] multiply(Mxfp4Matrix w, Bf16Vector bias, float[] x, int rows) {
    int blocks = w.columns() / BLOCK;
    float[] y = new float[rows * w.rows()];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < w.rows(); o++) {
        float sum = 0;
        for (int b = 0; b < blocks; b++) {
          long block = (long) o * blocks + b;
          float[] part = block(x, r * w.columns() + b * BLOCK, BLOCK);
          int dot = 0;
          for (int i = 0; i < BLOCK; i++) {
            int pair = w.blocks().get(ValueLayout.JAVA_BYTE, block * 16 + i / 2) & 0xFF;
            dot += TWICE[i % 2 == 0 ? pair & 15 : pair >> 4] * number(part, i);
          }
          int exponent = w.scales().get(ValueLayout.JAVA_BYTE, block) & 0xFF;
          float scale = exponent == 255 ? Float.NaN : Math.scalb(1f, exponent - 128);
          sum = Math.fma((float) dot, scale * scale(part), sum);
        }
        y[r * w.rows() + o] = bias == null ? sum : sum + bias.get(o);
      }
    }
    return y;
  }

  /** With weights that are converted to 8 bits first. */
  static float[] multiply(Bf16Matrix w, Bf16Vector bias, float[] x, int rows) {
    int columns = w.columns();
    float[] y = new float[rows * w.rows()];
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < w.rows(); o++) {
        float sum = 0;
        for (int from = 0; from < columns; from += BLOCK) {
          int count = Math.min(BLOCK, columns - from);
          float[] part = block(x, r * columns + from, count);
          float[] weights = weights(w, o, from);
          float weightScale = weightScale(weights);
          int dot = 0;
          for (int i = 0; i < BLOCK; i++) {
            dot += weight(weights, i) * number(part, i);
          }
          sum = Math.fma((float) dot, weightScale * scale(part), sum);
        }
        y[r * w.rows() + o] = bias == null ? sum : sum + bias.get(o);
      }
    }
    return y;
  }

  /** The conversion alone. */
  static Int8Matrix toInt8(Bf16Matrix w) {
    int tiles = Math.ceilDiv(w.rows(), 16);
    int blocks = Math.ceilDiv(w.columns(), BLOCK);
    MemorySegment codes = MemorySegment.ofArray(new byte[tiles * blocks * 512]);
    MemorySegment scales = MemorySegment.ofArray(new byte[tiles * blocks * 32]);
    for (int o = 0; o < 16 * tiles; o++) {
      for (int b = 0; b < blocks; b++) {
        float[] weights = o < w.rows() ? weights(w, o, b * BLOCK) : new float[BLOCK];
        long tileBlock = (long) o / 16 * blocks + b;
        int scale = Float.floatToIntBits(weightScale(weights)) >>> 16;
        scales.set(BF16, (tileBlock * 16 + o % 16) * 2, (short) scale);
        for (int i = 0; i < BLOCK; i++) {
          // The even columns come first, four numbers of a row at a time.
          int place = i % 2 == 0 ? i / 2 : BLOCK / 2 + i / 2;
          long at = tileBlock * 512 + place / 4 * 64L + o % 16 * 4L + place % 4;
          codes.set(ValueLayout.JAVA_BYTE, at, (byte) (weight(weights, i) + 128));
        }
      }
    }
    return new Int8Matrix(codes, scales, w.rows(), w.columns());
  }

  private static float[] weights(Bf16Matrix w, int row, int from) {
    float[] weights = new float[BLOCK];
    for (int i = 0; i < Math.min(BLOCK, w.columns() - from); i++) {
      weights[i] = w.row(row).get(from + i);
    }
    return weights;
  }

  private static int weight(float[] weights, int i) {
    float scale = weightScale(weights);
    return scale == 0 || Float.isNaN(scale) ? 0 : (int) Math.rint(weights[i] * (1 / scale));
  }

  private static float[] block(float[] x, int from, int count) {
    float[] part = new float[BLOCK];
    System.arraycopy(x, from, part, 0, count);
    return part;
  }

  private static float most(float[] part) {
    float most = 0;
    for (float value : part) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }

  private static float scale(float[] part) {
    float most = most(part);
    if (!(most < Float.POSITIVE_INFINITY)) {
      return Float.NaN;
    }
    return most < 0x1p-100f ? 0 : most / 127;
  }

  private static int number(float[] part, int i) {
    float most = most(part);
    if (!(most < Float.POSITIVE_INFINITY) || most < 0x1p-100f) {
      return 0;
    }
    return (int) Math.rint(part[i] * (127 / most));
  }

  private static float weightScale(float[] weights) {
    float most = most(weights);
    if (!(most < Float.POSITIVE_INFINITY)) {
      return Float.NaN;
    }
    float scale = most / 127;
    float down = Float.intBitsToFloat(Float.floatToRawIntBits(scale) & 0xFFFF0000);
    float up =
        down == scale
            ? scale
            : Float.intBitsToFloat((Float.floatToRawIntBits(scale) & 0xFFFF0000) + 0x10000);
    return up < Float.MIN_NORMAL ? 0 : up;
  }
}
