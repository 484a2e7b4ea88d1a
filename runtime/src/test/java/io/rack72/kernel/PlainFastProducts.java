package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.ValueLayout;

/** The products of the fast mode in plain loops, written from the contracts alone. */
final class PlainFastProducts {
  private static final int BLOCK = 32;
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
          float[] weights = new float[BLOCK];
          for (int i = 0; i < count; i++) {
            weights[i] = w.row(o).get(from + i);
          }
          float weightScale = weightScale(weights);
          int dot = 0;
          for (int i = 0; i < BLOCK; i++) {
            boolean zero = weightScale == 0 || Float.isNaN(weightScale);
            int weight = zero ? 0 : (int) Math.rint(weights[i] * (1 / weightScale));
            dot += weight * number(part, i);
          }
          sum = Math.fma((float) dot, weightScale * scale(part), sum);
        }
        y[r * w.rows() + o] = bias == null ? sum : sum + bias.get(o);
      }
    }
    return y;
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
