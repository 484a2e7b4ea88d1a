package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.LANES;

import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import io.rack72.kernel.Kernels.SequenceRows;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
 *   <li>Positions go in spans of {@value #SPAN}, which begin at multiples of {@value #SPAN}
 *       whatever the window, the pages or the rows computed together, and each is computed on its
 *       own. In the span of the first visible position the maximum m begins as the sink and the
 *       denominator l as 1 (0 where the sink is minus infinity), in the others m as minus infinity
 *       and l as 0; the weighted values a as +0 in all.
 *   <li>In a span positions go in tiles of {@value #TILE}, which begin at multiples of {@value
 *       #TILE}. For a tile, m' is the largest of m and its visible scores; l and a are multiplied
 *       by exp(m - m'); then for each visible position in rising order, with p = exp(score - m'), l
 *       += p and a[d] = fma(p, v[d], a[d]).
 *   <li>Spans are put together in rising order. Of those so far and the next, m' is the larger
 *       maximum, c = exp(m - m') of those so far and n = exp(m - m') of the next; l becomes fma(l
 *       of the next, n, l * c), and a[d] likewise.
 *   <li>The output is a / l.
 * </ul>
 *
 * <p>A vector holds one number of many (row, query head) pairs that share a kv head, so no sum ever
 * crosses its lanes. Work is shared out by sequence, kv head and chunk of rows; of chunks that have
 * a large part of all work, each span on its own.
 */
final class Attention {
  /** Positions that can be computed without those before them; a multiple of {@link #TILE}. */
  static final int SPAN = 1024;

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

  /** A chunk with more than so small a part of a core's share is split where it has spans. */
  private static final int PARTS_PER_CORE = 2;

  /** Floats that spans may take until all of a call are there; further chunks are not split. */
  private static final int MOST_SPAN_FLOATS = 1 << 21;

  private final AttentionShape shape;
  private final KvFormat format;
  private final float[] sinks;
  private final float[] queries;
  private final int window;
  private final float[] out;
  private final int headDim;
  private final int group;
  private final int rowsPerChunk;
  private final List<Chunk> chunks = new ArrayList<>();

  Attention(
      AttentionShape shape,
      KvFormat format,
      List<SequenceRows> sequences,
      float[] sinks,
      float[] queries,
      int window,
      float[] out) {
    this.shape = shape;
    this.format = format;
    this.sinks = sinks;
    this.queries = queries;
    this.window = window;
    this.out = out;
    if (shape.kvHeads() < 1 || shape.queryHeads() % shape.kvHeads() != 0) {
      throw new IllegalArgumentException(
          "query heads are a multiple of kv heads, not %d for %d"
              .formatted(shape.queryHeads(), shape.kvHeads()));
    }
    headDim = shape.headDim();
    group = shape.queryHeads() / shape.kvHeads();
    rowsPerChunk = Math.max(1, PAIRS / group);
    long width = (long) shape.queryHeads() * headDim;
    for (SequenceRows rows : sequences) {
      Sizes.check("queries", queries, rows.firstRow() + rows.rows(), width);
      Sizes.check("out", out, rows.firstRow() + rows.rows(), width);
      for (int row = 0; row < rows.rows(); row += rowsPerChunk) {
        for (int kvHead = 0; kvHead < shape.kvHeads(); kvHead++) {
          chunks.add(new Chunk(rows, kvHead, row));
        }
      }
    }
    Sizes.check("sinks", sinks, 1, shape.queryHeads());
  }

  /** Computes all rows. */
  void apply(Workers workers) {
    long products = 0;
    for (Chunk chunk : chunks) {
      products += chunk.products();
    }
    if (products < MIN_SHARED_PRODUCTS) {
      chunks.forEach(this::attend);
      return;
    }
    List<Piece> pieces = pieces(products / ((long) PARTS_PER_CORE * workers.size()));
    Piece last = pieces.getLast();
    float[] spans = Scratch.ofThread().computedSpans.atLeast(last.at + last.floats());
    workers.share(
        pieces.size(),
        1,
        (from, to) -> {
          for (Piece piece : pieces.subList(from, to)) {
            if (piece.isWhole()) {
              attend(piece.chunk);
            } else {
              attend(piece.chunk, piece.span);
              pack(piece.chunk, spans, piece.at);
            }
          }
        });
    for (Piece piece : pieces) {
      if (!piece.isWhole()) {
        join(piece, spans);
      }
    }
  }

  /**
   * What can be computed on its own: a chunk, or a span of one.
   *
   * @param span of the chunk, or {@link Piece#WHOLE}
   * @param at where the span's results go
   */
  private record Piece(Chunk chunk, int span, int at) {
    static final int WHOLE = -1;

    boolean isWhole() {
      return span == WHOLE;
    }

    int floats() {
      return isWhole() ? 0 : chunk.floats();
    }
  }

  /** All work, with the chunks that have more than {@code most} products in spans. */
  private List<Piece> pieces(long most) {
    List<Piece> pieces = new ArrayList<>();
    int at = 0;
    for (Chunk chunk : chunks) {
      long room = (long) MOST_SPAN_FLOATS - at;
      boolean splits = chunk.spans() > 1 && chunk.products() > most;
      if (!splits || (long) chunk.spans() * chunk.floats() > room) {
        pieces.add(new Piece(chunk, Piece.WHOLE, at));
        continue;
      }
      for (int span = chunk.firstSpan(); span <= chunk.lastSpan(); span++) {
        pieces.add(new Piece(chunk, span, at));
        at += chunk.floats();
      }
    }
    return pieces;
  }

  private int firstVisible(int position) {
    return window > 0 ? Math.max(0, position - window + 1) : 0;
  }

  /** Weighted values of a pair, in whole vectors of any width. */
  private int width() {
    return Math.ceilDiv(headDim, LANES) * LANES;
  }

  /** Some rows of a sequence and a kv head: what one loaded tile of keys and values is used for. */
  private final class Chunk {
    final SequenceRows of;
    final int kvHead;
    final int row;
    final int rows;
    final int pairs;
    final int lanes;
    final int firstPosition;
    final int end;

    Chunk(SequenceRows of, int kvHead, int row) {
      this.of = of;
      this.kvHead = kvHead;
      this.row = row;
      rows = Math.min(rowsPerChunk, of.rows() - row);
      pairs = rows * group;
      lanes = Math.ceilDiv(pairs, LENGTH) * LENGTH;
      firstPosition = of.firstPosition() + row;
      end = firstPosition + rows;
    }

    int firstSpan() {
      return firstVisible(firstPosition) / SPAN;
    }

    int lastSpan() {
      return (end - 1) / SPAN;
    }

    int spans() {
      return lastSpan() - firstSpan() + 1;
    }

    /** Multiplications of queries with keys. */
    long products() {
      return (long) (end - firstVisible(firstPosition)) * pairs * headDim;
    }

    /** Of a span's maxima, denominators and weighted values. */
    int floats() {
      return pairs * (2 + width());
    }
  }

  private void attend(Chunk chunk) {
    Scratch scratch = Scratch.ofThread();
    if (chunk.spans() == 1) {
      attend(chunk, chunk.firstSpan());
      finish(chunk, scratch.softmax.array(), chunk.lanes, scratch.sums.array(), 0);
      return;
    }
    float[] next = scratch.span.atLeast(chunk.floats());
    float[] all = scratch.spans.atLeast(chunk.floats());
    for (int span = chunk.firstSpan(); span <= chunk.lastSpan(); span++) {
      attend(chunk, span);
      pack(chunk, next, 0);
      join(chunk, span, next, 0, all);
    }
    finish(chunk, all, chunk.pairs, all, 2 * chunk.pairs);
  }

  /** Puts a span that was computed on its own behind those before it. */
  private void join(Piece piece, float[] spans) {
    Chunk chunk = piece.chunk;
    float[] all = Scratch.ofThread().spans.atLeast(chunk.floats());
    join(chunk, piece.span, spans, piece.at, all);
    if (piece.span == chunk.lastSpan()) {
      finish(chunk, all, chunk.pairs, all, 2 * chunk.pairs);
    }
  }

  /**
   * Computes a span of a chunk: the maxima from 0 and the denominators from {@code lanes} of the
   * thread's softmax, and its sums.
   */
  private void attend(Chunk chunk, int span) {
    int lanes = chunk.lanes;
    int width = width();
    Scratch scratch = Scratch.ofThread();
    // Vectors at the end of a key or value read into the next one, and behind the last.
    float[] keys = scratch.keys.atLeast(TILE * headDim + LANES);
    float[] values = scratch.values.atLeast(TILE * headDim + LANES);
    float[] transposed = scratch.queries.atLeast(headDim * lanes);
    float[] scores = scratch.scores.atLeast(TILE * lanes);
    float[] sums = scratch.sums.atLeast(chunk.pairs * width);
    float[] softmax = scratch.softmax.atLeast(3 * lanes);
    begin(chunk, span, transposed, softmax);
    Arrays.fill(sums, 0, chunk.pairs * width, 0);

    KvPages pages = chunk.of.pages();
    int first = Math.max(firstVisible(chunk.firstPosition), span * SPAN);
    int end = Math.min(chunk.end, (span + 1) * SPAN);
    for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
      int from = Math.max(first - tile, 0);
      int to = Math.min(end - tile, TILE);
      load(chunk, pages.keyOffsetBytes(), tile + from, to - from, keys, from * headDim);
      load(chunk, pages.valueOffsetBytes(), tile + from, to - from, values, from * headDim);
      score(keys, from, to, transposed, lanes, scores);
      hide(chunk, tile, from, to, scores);
      normalise(from, to, lanes, scores, softmax);
      for (int r = 0; r < chunk.rows; r++) {
        int position = chunk.firstPosition + r;
        int visibleFrom = Math.max(firstVisible(position) - tile, from);
        int visibleTo = Math.min(position + 1 - tile, to);
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
  }

  /** Transposes the queries, and begins the maxima (at 0), denominators (at {@code lanes}). */
  private void begin(Chunk chunk, int span, float[] transposed, float[] softmax) {
    int lanes = chunk.lanes;
    Arrays.fill(softmax, 0, 3 * lanes, 0);
    if (chunk.pairs < lanes) {
      Arrays.fill(transposed, 0, headDim * lanes, 0);
    }
    for (int r = 0; r < chunk.rows; r++) {
      boolean withSink = firstVisible(chunk.firstPosition + r) / SPAN == span;
      for (int h = 0; h < group; h++) {
        int head = chunk.kvHead * group + h;
        int pair = r * group + h;
        int from = ((chunk.of.firstRow() + chunk.row + r) * shape.queryHeads() + head) * headDim;
        for (int d = 0; d < headDim; d++) {
          transposed[d * lanes + pair] = queries[from + d];
        }
        float sink = withSink ? sinks[head] : Float.NEGATIVE_INFINITY;
        softmax[pair] = sink;
        softmax[lanes + pair] = sink == Float.NEGATIVE_INFINITY ? 0 : 1;
      }
    }
  }

  /** Copies the maxima, denominators and sums that a span has left: {@code [2 + width, pairs]}. */
  private void pack(Chunk chunk, float[] to, int at) {
    Scratch scratch = Scratch.ofThread();
    float[] softmax = scratch.softmax.array();
    System.arraycopy(softmax, 0, to, at, chunk.pairs);
    System.arraycopy(softmax, chunk.lanes, to, at + chunk.pairs, chunk.pairs);
    float[] sums = scratch.sums.array();
    System.arraycopy(sums, 0, to, at + 2 * chunk.pairs, chunk.pairs * width());
  }

  /** Puts a span behind those before it. */
  private void join(Chunk chunk, int span, float[] next, int at, float[] all) {
    int pairs = chunk.pairs;
    int width = width();
    for (int pair = 0; pair < pairs; pair++) {
      int position = chunk.firstPosition + pair / group;
      int first = firstVisible(position) / SPAN;
      if (span < first || span * SPAN > position) {
        // The row sees nothing of it.
        continue;
      }
      int sums = 2 * pairs + pair * width;
      if (span == first) {
        all[pair] = next[at + pair];
        all[pairs + pair] = next[at + pairs + pair];
        System.arraycopy(next, at + sums, all, sums, width);
        continue;
      }
      float max = Math.max(all[pair], next[at + pair]);
      // While nothing but minus infinity was seen, nothing may be subtracted from it.
      float shift = max == Float.NEGATIVE_INFINITY ? 0 : max;
      float before = Exp.of(all[pair] - shift);
      float now = Exp.of(next[at + pair] - shift);
      all[pair] = max;
      all[pairs + pair] = Math.fma(next[at + pairs + pair], now, all[pairs + pair] * before);
      for (int d = 0; d < width; d += LENGTH) {
        FloatVector.fromArray(FLOATS, next, at + sums + d)
            .fma(
                FloatVector.broadcast(FLOATS, now),
                FloatVector.fromArray(FLOATS, all, sums + d).mul(before))
            .intoArray(all, sums + d);
      }
    }
  }

  /** Copies the keys or values of consecutive positions out of their pages. */
  private void load(
      Chunk chunk, long offsetBytes, int position, int count, float[] to, int toIndex) {
    KvPages pages = chunk.of.pages();
    int blockTokens = pages.blockTokens();
    int done = 0;
    while (done < count) {
      int token = (position + done) % blockTokens;
      int run = Math.min(count - done, blockTokens - token);
      MemorySegment block = pages.blocks()[(position + done) / blockTokens];
      long vector = (long) chunk.kvHead * blockTokens + token;
      long from = offsetBytes + vector * format.vectorBytes(headDim);
      KvReader.read(format, block, from, run, headDim, to, toIndex + done * headDim);
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
  private void hide(Chunk chunk, int tile, int from, int to, float[] scores) {
    for (int r = 0; r < chunk.rows; r++) {
      int position = chunk.firstPosition + r;
      int visibleFrom = firstVisible(position) - tile;
      int visibleTo = position + 1 - tile;
      for (int t = from; t < to; t++) {
        if (t < visibleFrom || t >= visibleTo) {
          int s = t * chunk.lanes + r * group;
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

  /**
   * Divides the sums by the denominators.
   *
   * @param denominators of the pairs, from {@code first} on
   * @param sums {@code [pairs, width]} from {@code at} on
   */
  private void finish(Chunk chunk, float[] denominators, int first, float[] sums, int at) {
    int width = width();
    for (int pair = 0; pair < chunk.pairs; pair++) {
      int row = chunk.of.firstRow() + chunk.row + pair / group;
      int head = chunk.kvHead * group + pair % group;
      int to = (row * shape.queryHeads() + head) * headDim;
      for (int d = 0; d < headDim; d++) {
        out[to + d] = sums[at + pair * width + d] / denominators[first + pair];
      }
    }
  }
}
