package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention with sinks in one pass over keys and values, with the running softmax of Milakov and
 * Gimelshein, "Online normalizer calculation for softmax" (2018).
 *
 * <p>The order, for each query head of each row on its own:
 *
 * <ul>
 *   <li>A score is the sum of q[d] * k[d] over rising d, each one fused multiply-add, from +0, and
 *       then multiplied by the scale.
 *   <li>The maximum m begins as the sink, the denominator l as 1 (0 where the sink is minus
 *       infinity), the weighted values a as +0.
 *   <li>Positions go in tiles of {@value #TILE}, which begin at multiples of {@value #TILE}
 *       whatever the window, the pages or the rows computed together. For a tile, m' is the largest
 *       of m and its visible scores; l and a are multiplied by exp(m - m'); then for each visible
 *       position in rising order, with p = exp(score - m'), l += p and a[d] = fma(p, v[d], a[d]).
 *   <li>The output is a / l.
 * </ul>
 *
 * <p>A vector holds one number of many (row, query head) pairs that share a kv head, so no sum ever
 * crosses its lanes. Work is shared out by kv head and chunk of rows.
 */
final class Attention {
  /** Positions between two corrections of the running softmax. */
  static final int TILE = 32;

  /** Keys whose scores are computed together; divides {@link #TILE}. */
  private static final int KEYS = 8;

  /** (row, query head) pairs for which one loaded tile is used, about. */
  private static final int PAIRS = 64;

  /** Values of one pair that are summed in registers. */
  private static final int SUMMED = 4 * LENGTH;

  /** Multiplications below which handing work to another core costs more than it saves. */
  private static final long MIN_SHARED_PRODUCTS = 1 << 16;

  private final AttentionShape shape;
  private final KvPages pages;
  private final float[] sinks;
  private final float[] queries;
  private final int firstRow;
  private final int rows;
  private final int firstPosition;
  private final int window;
  private final float[] out;
  private final int headDim;
  private final int group;
  private final int rowsPerChunk;

  Attention(
      AttentionShape shape,
      KvPages pages,
      float[] sinks,
      float[] queries,
      int firstRow,
      int rows,
      int firstPosition,
      int window,
      float[] out) {
    this.shape = shape;
    this.pages = pages;
    this.sinks = sinks;
    this.queries = queries;
    this.firstRow = firstRow;
    this.rows = rows;
    this.firstPosition = firstPosition;
    this.window = window;
    this.out = out;
    if (shape.kvHeads() < 1 || shape.queryHeads() % shape.kvHeads() != 0) {
      throw new IllegalArgumentException(
          "query heads are a multiple of kv heads, not %d for %d"
              .formatted(shape.queryHeads(), shape.kvHeads()));
    }
    headDim = shape.headDim();
    group = shape.queryHeads() / shape.kvHeads();
    rowsPerChunk = Math.clamp(PAIRS / group, 1, Math.max(1, rows));
    long width = (long) shape.queryHeads() * headDim;
    Sizes.check("queries", queries, firstRow + rows, width);
    Sizes.check("out", out, firstRow + rows, width);
    Sizes.check("sinks", sinks, 1, shape.queryHeads());
  }

  /** Computes all rows. */
  void apply(Workers workers) {
    int items = Math.ceilDiv(rows, rowsPerChunk) * shape.kvHeads();
    long keys = (long) firstPosition + rows - firstVisible(firstPosition);
    if (keys * rows * shape.queryHeads() * headDim < MIN_SHARED_PRODUCTS) {
      attend(0, items);
    } else {
      workers.share(items, 1, this::attend);
    }
  }

  private void attend(int from, int to) {
    for (int item = from; item < to; item++) {
      int row = item / shape.kvHeads() * rowsPerChunk;
      attend(item % shape.kvHeads(), row, Math.min(rowsPerChunk, rows - row));
    }
  }

  private int firstVisible(int position) {
    return window > 0 ? Math.max(0, position - window + 1) : 0;
  }

  private void attend(int kvHead, int row, int chunkRows) {
    int pairs = chunkRows * group;
    int lanes = Math.ceilDiv(pairs, LANES) * LANES;
    int width = Math.ceilDiv(headDim, LANES) * LANES;
    Scratch scratch = Scratch.ofThread();
    // Vectors at the end of a key or value read into the next one, and behind the last.
    float[] keys = scratch.keys.atLeast(TILE * headDim + LANES);
    float[] values = scratch.values.atLeast(TILE * headDim + LANES);
    float[] transposed = scratch.queries.atLeast(headDim * lanes);
    float[] scores = scratch.scores.atLeast(TILE * lanes);
    float[] sums = scratch.sums.atLeast(pairs * width);
    float[] softmax = scratch.softmax.atLeast(3 * lanes);
    begin(kvHead, row, chunkRows, lanes, transposed, softmax);
    Arrays.fill(sums, 0, pairs * width, 0);

    int first = firstVisible(firstPosition + row);
    int end = firstPosition + row + chunkRows;
    for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
      int from = Math.max(first - tile, 0);
      int to = Math.min(end - tile, TILE);
      load(kvHead, pages.keyOffsetBytes(), tile + from, to - from, keys, from * headDim);
      load(kvHead, pages.valueOffsetBytes(), tile + from, to - from, values, from * headDim);
      score(keys, from, to, transposed, lanes, scores);
      hide(row, chunkRows, tile, from, to, lanes, scores);
      normalise(from, to, lanes, scores, softmax);
      for (int r = 0; r < chunkRows; r++) {
        int position = firstPosition + row + r;
        int visibleFrom = Math.max(firstVisible(position) - tile, 0);
        int visibleTo = Math.min(position + 1 - tile, TILE);
        if (visibleFrom < visibleTo) {
          for (int pair = r * group; pair < (r + 1) * group; pair++) {
            float correction = softmax[2 * lanes + pair];
            addValues(
                scores,
                pair,
                lanes,
                visibleFrom,
                visibleTo,
                values,
                correction,
                sums,
                pair * width,
                width);
          }
        }
      }
    }
    finish(kvHead, row, chunkRows, lanes, width, softmax, sums);
  }

  /** Transposes the queries, and begins the maxima (at 0), denominators (at {@code lanes}). */
  private void begin(
      int kvHead, int row, int chunkRows, int lanes, float[] transposed, float[] softmax) {
    Arrays.fill(softmax, 0, 3 * lanes, 0);
    for (int r = 0; r < chunkRows; r++) {
      for (int h = 0; h < group; h++) {
        int head = kvHead * group + h;
        int pair = r * group + h;
        int from = ((firstRow + row + r) * shape.queryHeads() + head) * headDim;
        for (int d = 0; d < headDim; d++) {
          transposed[d * lanes + pair] = queries[from + d];
        }
        softmax[pair] = sinks[head];
        softmax[lanes + pair] = sinks[head] == Float.NEGATIVE_INFINITY ? 0 : 1;
      }
    }
  }

  /** Copies the keys or values of consecutive positions out of their pages. */
  private void load(
      int kvHead, long offsetBytes, int position, int count, float[] to, int toIndex) {
    int blockTokens = pages.blockTokens();
    int done = 0;
    while (done < count) {
      int token = (position + done) % blockTokens;
      int run = Math.min(count - done, blockTokens - token);
      MemorySegment block = pages.blocks()[(position + done) / blockTokens];
      long from = offsetBytes + ((long) kvHead * blockTokens + token) * headDim * Float.BYTES;
      MemorySegment.copy(
          block,
          ValueLayout.JAVA_FLOAT_UNALIGNED,
          from,
          to,
          toIndex + done * headDim,
          run * headDim);
      done += run;
    }
  }

  /**
   * Scores of all pairs with the keys {@code from} to {@code to}; it may write those around them.
   */
  private void score(float[] k, int from, int to, float[] q, int lanes, float[] scores) {
    int dim = headDim;
    float scale = shape.scale();
    for (int t = from / KEYS * KEYS; t < to; t += KEYS) {
      int k0 = t * dim;
      int k1 = k0 + dim;
      int k2 = k1 + dim;
      int k3 = k2 + dim;
      int k4 = k3 + dim;
      int k5 = k4 + dim;
      int k6 = k5 + dim;
      int k7 = k6 + dim;
      for (int lane = 0; lane < lanes; lane += LENGTH) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        FloatVector s4 = s0;
        FloatVector s5 = s0;
        FloatVector s6 = s0;
        FloatVector s7 = s0;
        for (int d = 0; d < dim; d++) {
          FloatVector qd = FloatVector.fromArray(FLOATS, q, d * lanes + lane);
          s0 = qd.fma(FloatVector.broadcast(FLOATS, k[k0 + d]), s0);
          s1 = qd.fma(FloatVector.broadcast(FLOATS, k[k1 + d]), s1);
          s2 = qd.fma(FloatVector.broadcast(FLOATS, k[k2 + d]), s2);
          s3 = qd.fma(FloatVector.broadcast(FLOATS, k[k3 + d]), s3);
          s4 = qd.fma(FloatVector.broadcast(FLOATS, k[k4 + d]), s4);
          s5 = qd.fma(FloatVector.broadcast(FLOATS, k[k5 + d]), s5);
          s6 = qd.fma(FloatVector.broadcast(FLOATS, k[k6 + d]), s6);
          s7 = qd.fma(FloatVector.broadcast(FLOATS, k[k7 + d]), s7);
        }
        int s = t * lanes + lane;
        s0.mul(scale).intoArray(scores, s);
        s1.mul(scale).intoArray(scores, s + lanes);
        s2.mul(scale).intoArray(scores, s + 2 * lanes);
        s3.mul(scale).intoArray(scores, s + 3 * lanes);
        s4.mul(scale).intoArray(scores, s + 4 * lanes);
        s5.mul(scale).intoArray(scores, s + 5 * lanes);
        s6.mul(scale).intoArray(scores, s + 6 * lanes);
        s7.mul(scale).intoArray(scores, s + 7 * lanes);
      }
    }
  }

  /**
   * Sets the scores of keys that a row does not see to minus infinity, which gives them weight
   * zero: adding that to a denominator changes no bit.
   */
  private void hide(int row, int chunkRows, int tile, int from, int to, int lanes, float[] scores) {
    for (int r = 0; r < chunkRows; r++) {
      int position = firstPosition + row + r;
      int visibleFrom = firstVisible(position) - tile;
      int visibleTo = position + 1 - tile;
      for (int t = from; t < to; t++) {
        if (t < visibleFrom || t >= visibleTo) {
          int s = t * lanes + r * group;
          Arrays.fill(scores, s, s + group, Float.NEGATIVE_INFINITY);
        }
      }
    }
  }

  /** Turns scores into weights and brings maxima, denominators and corrections up to date. */
  private static void normalise(int from, int to, int lanes, float[] scores, float[] softmax) {
    for (int lane = 0; lane < lanes; lane += LENGTH) {
      FloatVector old = FloatVector.fromArray(FLOATS, softmax, lane);
      FloatVector max = old;
      for (int t = from; t < to; t++) {
        max = max.max(FloatVector.fromArray(FLOATS, scores, t * lanes + lane));
      }
      max.intoArray(softmax, lane);
      // While nothing but minus infinity was seen, nothing may be subtracted from it.
      FloatVector shift = max.blend(0f, max.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
      old.sub(shift).intoArray(softmax, 2 * lanes + lane);
      for (int t = from; t < to; t++) {
        int s = t * lanes + lane;
        FloatVector.fromArray(FLOATS, scores, s).sub(shift).intoArray(scores, s);
      }
    }
    Exp.apply(softmax, 2 * lanes, lanes);
    Exp.apply(scores, from * lanes, (to - from) * lanes);
    for (int lane = 0; lane < lanes; lane += LENGTH) {
      FloatVector correction = FloatVector.fromArray(FLOATS, softmax, 2 * lanes + lane);
      FloatVector sum = FloatVector.fromArray(FLOATS, softmax, lanes + lane).mul(correction);
      for (int t = from; t < to; t++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, scores, t * lanes + lane));
      }
      sum.intoArray(softmax, lanes + lane);
    }
  }

  /** Adds the weighted values of a tile to the sums of one pair. */
  private void addValues(
      float[] weights,
      int pair,
      int lanes,
      int from,
      int to,
      float[] v,
      float correction,
      float[] sums,
      int offset,
      int width) {
    int dim = headDim;
    int d = 0;
    for (; d + SUMMED <= dim; d += SUMMED) {
      int a = offset + d;
      FloatVector a0 = FloatVector.fromArray(FLOATS, sums, a).mul(correction);
      FloatVector a1 = FloatVector.fromArray(FLOATS, sums, a + LENGTH).mul(correction);
      FloatVector a2 = FloatVector.fromArray(FLOATS, sums, a + 2 * LENGTH).mul(correction);
      FloatVector a3 = FloatVector.fromArray(FLOATS, sums, a + 3 * LENGTH).mul(correction);
      for (int t = from; t < to; t++) {
        FloatVector p = FloatVector.broadcast(FLOATS, weights[t * lanes + pair]);
        int at = t * dim + d;
        a0 = p.fma(FloatVector.fromArray(FLOATS, v, at), a0);
        a1 = p.fma(FloatVector.fromArray(FLOATS, v, at + LENGTH), a1);
        a2 = p.fma(FloatVector.fromArray(FLOATS, v, at + 2 * LENGTH), a2);
        a3 = p.fma(FloatVector.fromArray(FLOATS, v, at + 3 * LENGTH), a3);
      }
      a0.intoArray(sums, a);
      a1.intoArray(sums, a + LENGTH);
      a2.intoArray(sums, a + 2 * LENGTH);
      a3.intoArray(sums, a + 3 * LENGTH);
    }
    for (; d < width; d += LENGTH) {
      FloatVector a0 = FloatVector.fromArray(FLOATS, sums, offset + d).mul(correction);
      for (int t = from; t < to; t++) {
        FloatVector p = FloatVector.broadcast(FLOATS, weights[t * lanes + pair]);
        a0 = p.fma(FloatVector.fromArray(FLOATS, v, t * dim + d), a0);
      }
      a0.intoArray(sums, offset + d);
    }
  }

  private void finish(
      int kvHead, int row, int chunkRows, int lanes, int width, float[] softmax, float[] sums) {
    for (int r = 0; r < chunkRows; r++) {
      for (int h = 0; h < group; h++) {
        int pair = r * group + h;
        float denominator = softmax[lanes + pair];
        int head = kvHead * group + h;
        int to = ((firstRow + row + r) * shape.queryHeads() + head) * headDim;
        for (int d = 0; d < headDim; d++) {
          out[to + d] = sums[pair * width + d] / denominator;
        }
      }
    }
  }
}
