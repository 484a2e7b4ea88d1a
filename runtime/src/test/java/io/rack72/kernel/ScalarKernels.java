package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The numeric contract in plain loops: one number at a time, one thread, no tiles. It shares no
 * code with the kernels under test but {@link Exp#of}.
 */
public final class ScalarKernels implements Kernels {
  private static final float[] E2M1 = {
    0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6
  };

  @Override
  public String name() {
    return "scalar";
  }

  /** An element of a weight matrix as a float. */
  private interface Weights {
    float get(int row, int column);
  }

  @Override
  public void rmsNorm(float[] x, int rows, float[] weight, float epsilon, float[] out) {
    int width = weight.length;
    for (int r = 0; r < rows; r++) {
      float[] lanes = new float[16];
      for (int i = 0; i < width; i++) {
        float v = x[r * width + i];
        lanes[i % 16] = Math.fma(v, v, lanes[i % 16]);
      }
      float inverse = 1 / (float) Math.sqrt(tree(lanes) / width + epsilon);
      for (int i = 0; i < width; i++) {
        out[r * width + i] = x[r * width + i] * inverse * weight[i];
      }
    }
  }

  @Override
  public void multiply(WeightMatrix w, Bf16Vector bias, float[] x, int rows, float[] y) {
    switch (w) {
      case Bf16Matrix bf16 -> multiply(bf16, bias, x, rows, y);
      case Mxfp4Matrix mxfp4 -> multiply(mxfp4, bias, x, rows, y);
      case Int8Matrix int8 -> throw new IllegalArgumentException("of the fast mode");
    }
  }

  private void multiply(Bf16Matrix w, Bf16Vector bias, float[] x, int rows, float[] y) {
    multiply((r, c) -> w.row(r).get(c), w.rows(), w.columns(), bias, x, rows, y);
  }

  private void multiply(Mxfp4Matrix w, Bf16Vector bias, float[] x, int rows, float[] y) {
    multiply((r, c) -> decode(w, r, c), w.rows(), w.columns(), bias, x, rows, y);
  }

  static float decode(Mxfp4Matrix w, int row, int column) {
    long element = (long) row * w.columns() + column;
    int pair = w.blocks().get(ValueLayout.JAVA_BYTE, element / 2) & 0xFF;
    int code = column % 2 == 0 ? pair & 0xF : pair >> 4;
    int scale = w.scales().get(ValueLayout.JAVA_BYTE, element / 32) & 0xFF;
    return scale == 255 ? Float.NaN : (float) (E2M1[code] * StrictMath.pow(2, scale - 127));
  }

  private static void multiply(
      Weights w, int outputs, int columns, Bf16Vector bias, float[] x, int rows, float[] y) {
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < outputs; o++) {
        float[] lanes = new float[16];
        for (int i = 0; i < (columns + 31) / 32 * 32; i++) {
          float weight = i < columns ? w.get(o, i) : 0;
          float activation = i < columns ? x[r * columns + i] : 0;
          int lane = i % 32 / 2;
          lanes[lane] = Math.fma(weight, activation, lanes[lane]);
        }
        float sum = tree(lanes);
        y[r * outputs + o] = bias == null ? sum : sum + bias.get(o);
      }
    }
  }

  private static float tree(float[] lanes) {
    float[] s = lanes.clone();
    for (int half = 8; half > 0; half /= 2) {
      for (int j = 0; j < half; j++) {
        s[j] += s[j + half];
      }
    }
    return s[0];
  }

  @Override
  public KvFormat kvFormat() {
    return KvFormat.FLOAT32;
  }

  @Override
  public void rotate(float[] x, int rows, int heads, int headDim, float[] cosines, float[] sines) {
    int half = headDim / 2;
    for (int r = 0; r < rows; r++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < half; i++) {
          int low = (r * heads + h) * headDim + i;
          float c = cosines[r * half + i];
          float s = sines[r * half + i];
          float a = x[low];
          float b = x[low + half];
          x[low] = a * c - b * s;
          x[low + half] = b * c + a * s;
        }
      }
    }
  }

  @Override
  public void attend(
      AttentionShape shape,
      List<SequenceRows> sequences,
      float[] sinks,
      float[] queries,
      int window,
      float[] out) {
    int dim = shape.headDim();
    for (SequenceRows rows : sequences) {
      for (int r = 0; r < rows.rows(); r++) {
        for (int h = 0; h < shape.queryHeads(); h++) {
          int kvHead = h / (shape.queryHeads() / shape.kvHeads());
          int at = ((rows.firstRow() + r) * shape.queryHeads() + h) * dim;
          float[] query = Arrays.copyOfRange(queries, at, at + dim);
          int position = rows.firstPosition() + r;
          float[] result =
              attendOne(shape, rows.pages(), sinks[h], query, kvHead, position, window);
          System.arraycopy(result, 0, out, at, dim);
        }
      }
    }
  }

  /** What attention has seen so far. */
  private static final class Softmax {
    float max;
    float denominator;
    float[] sums;

    Softmax(float max, float denominator, int dim) {
      this.max = max;
      this.denominator = denominator;
      sums = new float[dim];
    }
  }

  private static float[] attendOne(
      AttentionShape shape,
      KvPages pages,
      float sink,
      float[] query,
      int kvHead,
      int position,
      int window) {
    int first = window > 0 ? Math.max(0, position - window + 1) : 0;
    int dim = shape.headDim();
    Softmax all = new Softmax(sink, sink == Float.NEGATIVE_INFINITY ? 0 : 1, dim);
    int end = Math.min(position + 1, first / 1024 * 1024 + 1024);
    attendSpan(shape, pages, query, kvHead, first, end, all);
    for (int span = end; span <= position; span += 1024) {
      Softmax next = new Softmax(Float.NEGATIVE_INFINITY, 0, dim);
      attendSpan(shape, pages, query, kvHead, span, Math.min(position + 1, span + 1024), next);
      float max = Math.max(all.max, next.max);
      float shift = max == Float.NEGATIVE_INFINITY ? 0 : max;
      float before = Exp.of(all.max - shift);
      float now = Exp.of(next.max - shift);
      all.max = max;
      all.denominator = Math.fma(next.denominator, now, all.denominator * before);
      for (int d = 0; d < dim; d++) {
        all.sums[d] = Math.fma(next.sums[d], now, all.sums[d] * before);
      }
    }
    for (int d = 0; d < dim; d++) {
      all.sums[d] /= all.denominator;
    }
    return all.sums;
  }

  /** Positions {@code first} to {@code end}, exclusive. */
  private static void attendSpan(
      AttentionShape shape,
      KvPages pages,
      float[] query,
      int kvHead,
      int first,
      int end,
      Softmax seen) {
    int dim = shape.headDim();
    for (int tile = first / 32 * 32; tile < end; tile += 32) {
      int from = Math.max(first, tile);
      int to = Math.min(end, tile + 32);
      float[] scores = new float[32];
      float newMax = seen.max;
      for (int p = from; p < to; p++) {
        float dot = 0;
        for (int d = 0; d < dim; d++) {
          float key = element(pages, pages.keyOffsetBytes(), kvHead, p, dim, d);
          dot = Math.fma(query[d], key, dot);
        }
        scores[p - tile] = dot * shape.scale();
        newMax = Math.max(newMax, scores[p - tile]);
      }
      float shift = newMax == Float.NEGATIVE_INFINITY ? 0 : newMax;
      float correction = Exp.of(seen.max - shift);
      seen.denominator *= correction;
      for (int d = 0; d < dim; d++) {
        seen.sums[d] *= correction;
      }
      for (int p = from; p < to; p++) {
        float weight = Exp.of(scores[p - tile] - shift);
        seen.denominator += weight;
        for (int d = 0; d < dim; d++) {
          float value = element(pages, pages.valueOffsetBytes(), kvHead, p, dim, d);
          seen.sums[d] = Math.fma(weight, value, seen.sums[d]);
        }
      }
      seen.max = newMax;
    }
  }

  private static float element(
      KvPages pages, long offsetBytes, int kvHead, int position, int dim, int d) {
    MemorySegment block = pages.blocks()[position / pages.blockTokens()];
    long token = (long) kvHead * pages.blockTokens() + position % pages.blockTokens();
    return block.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offsetBytes + (token * dim + d) * 4);
  }

  @Override
  public void swiglu(float[] gateUp, int rows, int width, float limit, float[] out) {
    for (int i = 0; i < rows * width; i++) {
      float gate = Math.min(gateUp[2 * i], limit);
      float up = Math.max(-limit, Math.min(gateUp[2 * i + 1], limit));
      out[i] = (up + 1) * (gate / (1 + Exp.of(-1.702f * gate)));
    }
  }

  @Override
  public void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int length) {
    for (int i = 0; i < length; i++) {
      y[yOffset + i] = Math.fma(scale, x[xOffset + i], y[yOffset + i]);
    }
  }
}
