package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.util.List;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * The kernels of the exact mode, in float32, on the Vector API, and what the fast mode has in
 * common with it: attention too, over keys and values in any format. Runs on every machine, and
 * gives the same bits on each.
 */
public final class VectorKernels implements Kernels {
  /** Slope of the sigmoid in gpt-oss's gated activation. */
  private static final float SIGMOID_SLOPE = 1.702f;

  /** Numbers below which handing work to another core costs more than it saves. */
  private static final long MIN_SHARED_NUMBERS = 1 << 15;

  /** Parts per core, so that a core which started late does not hold up the others. */
  private static final int PARTS_PER_CORE = 4;

  private final Workers workers;
  private final KvFormat kvFormat;

  /**
   * Kernels for keys and values in float32.
   *
   * @param workers who share in large calls; the caller closes them
   */
  public VectorKernels(Workers workers) {
    this(workers, KvFormat.FLOAT32);
  }

  /**
   * @param workers who share in large calls; the caller closes them
   * @param kvFormat of keys and values
   */
  public VectorKernels(Workers workers, KvFormat kvFormat) {
    this.workers = workers;
    this.kvFormat = kvFormat;
  }

  @Override
  public KvFormat kvFormat() {
    return kvFormat;
  }

  @Override
  public String name() {
    return "vector-" + FLOATS.vectorBitSize();
  }

  @Override
  public void rmsNorm(float[] x, int rows, float[] weight, float epsilon, float[] out) {
    int width = weight.length;
    Sizes.check("x", x, rows, width);
    Sizes.check("out", out, rows, width);
    shareRows(rows, width, (from, to) -> rmsNormRows(x, from, to, weight, epsilon, out));
  }

  private static void rmsNormRows(
      float[] x, int fromRow, int toRow, float[] weight, float epsilon, float[] out) {
    int width = weight.length;
    float[] lanes = Scratch.ofThread().lanes.atLeast(LANES);
    for (int row = fromRow; row < toRow; row++) {
      int from = row * width;
      float meanSquare = sumOfSquares(x, from, width, lanes) / width;
      float inverse = 1 / (float) Math.sqrt(meanSquare + epsilon);
      for (int i = 0; i < width; i++) {
        out[from + i] = x[from + i] * inverse * weight[i];
      }
    }
  }

  /** Lane j adds the squares of elements j, j + 16, …, then the lanes are added as a tree. */
  private static float sumOfSquares(float[] x, int from, int width, float[] lanes) {
    int whole = width / LANES * LANES;
    for (int g = 0; g < LANES; g += LENGTH) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = g; i < whole; i += LANES) {
        FloatVector v = FloatVector.fromArray(FLOATS, x, from + i);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, g);
    }
    for (int i = whole; i < width; i++) {
      float v = x[from + i];
      lanes[i - whole] = Math.fma(v, v, lanes[i - whole]);
    }
    return SummationOrder.sum(lanes, 0);
  }

  @Override
  public void multiply(WeightMatrix w, Bf16Vector bias, float[] x, int rows, float[] y) {
    LinearMap map =
        switch (w) {
          case Bf16Matrix bf16 -> new Bf16LinearMap(bf16, bias);
          case Mxfp4Matrix mxfp4 -> new Mxfp4LinearMap(mxfp4, bias);
          case Int8Matrix int8 ->
              throw new IllegalArgumentException("8-bit weights are of the fast mode");
        };
    map.apply(x, rows, y, workers);
  }

  @Override
  public void rotate(float[] x, int rows, int heads, int headDim, float[] cosines, float[] sines) {
    int half = headDim / 2;
    Sizes.check("x", x, rows, (long) heads * headDim);
    Sizes.check("cosines", cosines, rows, half);
    Sizes.check("sines", sines, rows, half);
    shareRows(
        rows,
        (long) heads * headDim,
        (from, to) -> rotateRows(x, from, to, heads, headDim, cosines, sines));
  }

  private static void rotateRows(
      float[] x, int from, int to, int heads, int headDim, float[] cosines, float[] sines) {
    int half = headDim / 2;
    for (int row = from; row < to; row++) {
      int angle = row * half;
      for (int head = 0; head < heads; head++) {
        int low = (row * heads + head) * headDim;
        int high = low + half;
        for (int i = 0; i < half; i++) {
          float a = x[low + i];
          float b = x[high + i];
          float cosine = cosines[angle + i];
          float sine = sines[angle + i];
          x[low + i] = a * cosine - b * sine;
          x[high + i] = b * cosine + a * sine;
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
    new Attention(shape, kvFormat, sequences, sinks, queries, window, out).apply(workers);
  }

  @Override
  public void swiglu(float[] gateUp, int rows, int width, float limit, float[] out) {
    Sizes.check("gateUp", gateUp, rows, 2L * width);
    Sizes.check("out", out, rows, width);
    shareRows(rows, width, (from, to) -> swigluRows(gateUp, from, to, width, limit, out));
  }

  private static void swigluRows(
      float[] gateUp, int fromRow, int toRow, int width, float limit, float[] out) {
    float[] exponentials = Scratch.ofThread().exponentials.atLeast(width);
    int whole = width / LENGTH * LENGTH;
    for (int row = fromRow; row < toRow; row++) {
      int in = row * 2 * width;
      int to = row * width;
      for (int i = 0; i < whole; i += LENGTH) {
        FloatVector low = FloatVector.fromArray(FLOATS, gateUp, in + 2 * i);
        FloatVector high = FloatVector.fromArray(FLOATS, gateUp, in + 2 * i + LENGTH);
        low.rearrange(Simd.EVENS, high).min(limit).mul(-SIGMOID_SLOPE).intoArray(exponentials, i);
      }
      for (int i = whole; i < width; i++) {
        exponentials[i] = -SIGMOID_SLOPE * Math.min(gateUp[in + 2 * i], limit);
      }
      Exp.apply(exponentials, 0, width);
      for (int i = 0; i < whole; i += LENGTH) {
        FloatVector low = FloatVector.fromArray(FLOATS, gateUp, in + 2 * i);
        FloatVector high = FloatVector.fromArray(FLOATS, gateUp, in + 2 * i + LENGTH);
        FloatVector gate = low.rearrange(Simd.EVENS, high).min(limit);
        FloatVector up = low.rearrange(Simd.ODDS, high).min(limit).max(-limit);
        FloatVector slope = FloatVector.fromArray(FLOATS, exponentials, i).add(1);
        up.add(1).mul(gate.div(slope)).intoArray(out, to + i);
      }
      for (int i = whole; i < width; i++) {
        float gate = Math.min(gateUp[in + 2 * i], limit);
        float up = Math.max(-limit, Math.min(gateUp[in + 2 * i + 1], limit));
        out[to + i] = (up + 1) * (gate / (1 + exponentials[i]));
      }
    }
  }

  /** Work on rows that do not depend on each other. */
  private void shareRows(int rows, long width, Workers.Task task) {
    if (rows * width < MIN_SHARED_NUMBERS) {
      task.run(0, rows);
    } else {
      workers.share(rows, Math.ceilDiv(rows, workers.size() * PARTS_PER_CORE), task);
    }
  }

  @Override
  public void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int length) {
    Objects.checkFromIndexSize(xOffset, length, x.length);
    Objects.checkFromIndexSize(yOffset, length, y.length);
    int whole = length / LENGTH * LENGTH;
    FloatVector factor = FloatVector.broadcast(FLOATS, scale);
    for (int i = 0; i < whole; i += LENGTH) {
      FloatVector sum = FloatVector.fromArray(FLOATS, y, yOffset + i);
      factor.fma(FloatVector.fromArray(FLOATS, x, xOffset + i), sum).intoArray(y, yOffset + i);
    }
    for (int i = whole; i < length; i++) {
      y[yOffset + i] = Math.fma(scale, x[xOffset + i], y[yOffset + i]);
    }
  }
}
