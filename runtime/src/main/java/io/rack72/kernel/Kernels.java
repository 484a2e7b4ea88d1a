package io.rack72.kernel;

import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The arithmetic of a gpt-oss forward pass, over row-major activations in arrays of float32.
 *
 * <p>Every output element has one fixed order of summation, whatever the number of rows, threads or
 * lanes of the machine, so that the bits of a row never depend on what it was batched with.
 * Implementations are thread-safe: many GPUs share one.
 *
 * <p>Sizes are checked by the types of the weights and by the arrays' bounds; a wrong size is an
 * {@link IllegalArgumentException} or {@link IndexOutOfBoundsException}, never a wrong read.
 */
public interface Kernels {
  /** Name and lane width, for reports, such as {@code vector-256}. */
  String name();

  /** The format in which {@link #attend} reads keys and values. */
  KvFormat kvFormat();

  /**
   * Root-mean-square normalisation: {@code out = x / sqrt(mean(x^2) + epsilon) * weight}, row by
   * row.
   *
   * @param x {@code [rows, weight.length]}
   * @param out {@code [rows, weight.length]}; may be {@code x}
   */
  void rmsNorm(float[] x, int rows, float[] weight, float epsilon, float[] out);

  /**
   * Linear map {@code y[r, o] = bias[o] + sum_i w[o, i] * x[r, i]}.
   *
   * @param w in a format that the implementation's numeric mode has
   * @param bias of length {@code w.rows()}, or null for none
   * @param x {@code [rows, w.columns()]}
   * @param y {@code [rows, w.rows()]}
   */
  void multiply(WeightMatrix w, Bf16Vector bias, float[] x, int rows, float[] y);

  /**
   * Rotary embedding in place, half-split: element {@code i} of a head is paired with {@code i +
   * headDim / 2}.
   *
   * @param x {@code [rows, heads * headDim]}
   * @param cosines {@code [rows, headDim / 2]}, already multiplied by YaRN's concentration
   * @param sines {@code [rows, headDim / 2]}, likewise
   */
  void rotate(float[] x, int rows, int heads, int headDim, float[] cosines, float[] sines);

  /**
   * Attention of query rows over the paged keys and values of their sequences, with one sink logit
   * per query head, which joins the softmax's denominator and adds no value. A row sees the keys up
   * to its own position, only the last {@code window} of them where {@code window > 0}.
   *
   * @param sequences whose rows are computed; no row is in two
   * @param queries {@code [.., queryHeads * headDim]}; query head {@code h} uses kv head {@code h /
   *     (queryHeads / kvHeads)}
   * @param out same shape as {@code queries}, of which the sequences' rows are written
   */
  void attend(
      AttentionShape shape,
      List<SequenceRows> sequences,
      float[] sinks,
      float[] queries,
      int window,
      float[] out);

  /**
   * The activation inside an expert, on interleaved columns: gate is column {@code 2i}, up is
   * {@code 2i + 1}; with gate limited above and up on both sides, {@code out_i = (up + 1) * gate *
   * sigmoid(1.702 * gate)}.
   *
   * @param gateUp {@code [rows, 2 * width]}
   * @param out {@code [rows, width]}
   */
  void swiglu(float[] gateUp, int rows, int width, float limit, float[] out);

  /** {@code y[yOffset + i] += scale * x[xOffset + i]} for {@code length} elements, each one FMA. */
  void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int length);

  /**
   * What attention needs to know of a model.
   *
   * @param scale applied to each query-key product, not to sinks
   */
  record AttentionShape(int queryHeads, int kvHeads, int headDim, float scale) {}

  /**
   * One layer's keys and values of one sequence. Position {@code p} lies in {@code blocks[p /
   * blockTokens]}, at token {@code t = p % blockTokens}; the key of kv head {@code h} starts at
   * byte {@code keyOffsetBytes + (h * blockTokens + t) * kvFormat().vectorBytes(headDim)} of it,
   * the value likewise from {@code valueOffsetBytes}. Entries of blocks behind a sliding window may
   * be null.
   */
  record KvPages(
      MemorySegment[] blocks, int blockTokens, long keyOffsetBytes, long valueOffsetBytes) {}

  /**
   * Consecutive query rows of one sequence, the first of which stands at {@code firstPosition}.
   *
   * @param pages in which the keys and values of the rows themselves are stored already
   * @param firstRow of the rows among all queries
   */
  record SequenceRows(KvPages pages, int firstRow, int rows, int firstPosition) {}
}
