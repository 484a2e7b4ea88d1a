package io.rack72.bench;

import io.rack72.kernel.FastKernels;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import io.rack72.kernel.Kernels.SequenceRows;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;

/**
 * The kernels with the shapes of gpt-oss-20b. Each call takes other data than the one before, more
 * in all than a cache holds, as a step through the layers does. Weights lie where they do in use:
 * those that are read as they are stored in ordinary pages, those in 8 bits in what their
 * conversion allocates.
 */
final class KernelCases {
  /** Data that the calls of a case go through in turn. */
  private static final long ROTATED_BYTES = 512L << 20;

  /** Of the dense weights in 8 bits, whose stream also tells what memory can do. */
  private static final long STREAMED_BYTES = 1L << 30;

  private static final int HIDDEN = 2880;
  private static final int HEADS = 64;
  private static final int KV_HEADS = 8;
  private static final int HEAD_DIM = 64;
  private static final int QUERIES = HEADS * HEAD_DIM;
  private static final int VOCABULARY = 201_088;
  private static final int BLOCK_TOKENS = 16;
  private static final int ROW_KERNELS_ROWS = 128;
  private static final float SWIGLU_LIMIT = 7;
  private static final String BOTH = "both";

  /** A square, its sum, and two multiplications, for each number. */
  private static final int RMS_NORM_OPERATIONS = 4;

  /** Four multiplications and two additions for each two numbers. */
  private static final int ROTATE_OPERATIONS = 3;

  /** For each output: 21 of its exponential, one before it, four after. */
  private static final int SWIGLU_OPERATIONS = 26;

  private final VectorKernels exact;
  private final FastKernels fast;
  private final Workers workers;
  private final List<Int8Matrix> dense = new ArrayList<>();

  /**
   * @param arena owns the dense weights; other data live while their cases are measured
   */
  KernelCases(VectorKernels exact, FastKernels fast, Workers workers, Arena arena) {
    this.exact = exact;
    this.fast = fast;
    this.workers = workers;
    try (Arena source = Arena.ofShared()) {
      Bf16Matrix matrix = bf16(QUERIES, HIDDEN, source);
      for (long bytes = 0; bytes < STREAMED_BYTES; bytes += dense.getLast().bytes()) {
        dense.add(fast.quantize(matrix, arena));
      }
    }
  }

  /** Memory that is much larger than the caches, and larger than any case's. */
  List<MemorySegment> streamed() {
    return dense.stream().map(Int8Matrix::codes).toList();
  }

  /** Hands over all cases, one after the other, each of which can be called until it returns. */
  void forEach(Consumer<KernelCase> measure) {
    mxfp4(2 * HIDDEN, measure);
    mxfp4(HIDDEN, measure);
    for (int rows : new int[] {1, 4, 32, 128}) {
      measure.accept(product("int8", fast, dense, rows));
    }
    output(measure);
    bf16(measure);
    attention(measure);
    rows(measure);
  }

  private void mxfp4(int outputs, Consumer<KernelCase> measure) {
    try (Arena arena = Arena.ofShared()) {
      List<Mxfp4Matrix> weights = new ArrayList<>();
      for (long bytes = 0; bytes < ROTATED_BYTES; bytes += weights.getLast().bytes()) {
        weights.add(mxfp4(outputs, HIDDEN, arena));
      }
      for (Kernels kernels : List.of(fast, exact)) {
        for (int rows : new int[] {1, 4, 32, 128}) {
          measure.accept(product("MXFP4", kernels, weights, rows));
        }
      }
    }
  }

  private void output(Consumer<KernelCase> measure) {
    try (Arena arena = Arena.ofShared()) {
      List<Int8Matrix> weights = new ArrayList<>();
      try (Arena source = Arena.ofShared()) {
        weights.add(fast.quantize(bf16(VOCABULARY, HIDDEN, source), arena));
      }
      for (int rows : new int[] {1, 32}) {
        measure.accept(product("int8", fast, weights, rows));
      }
    }
  }

  private void bf16(Consumer<KernelCase> measure) {
    try (Arena arena = Arena.ofShared()) {
      List<Bf16Matrix> weights = new ArrayList<>();
      for (long bytes = 0; bytes < ROTATED_BYTES; bytes += weights.getLast().bytes()) {
        weights.add(bf16(QUERIES, HIDDEN, arena));
      }
      for (int rows : new int[] {1, 32, 128}) {
        measure.accept(product("bf16", exact, weights, rows));
      }
    }
  }

  private KernelCase product(
      String format, Kernels kernels, List<? extends WeightMatrix> weights, int rows) {
    WeightMatrix one = weights.getFirst();
    float[] x = floats(rows * one.columns());
    float[] y = new float[rows * one.rows()];
    boolean inBytes = kernels == fast && fast.int8Peak(0).isPresent();
    return new KernelCase(
        "%s %dx%d".formatted(format, one.rows(), one.columns()),
        kernels == fast ? "fast" : "exact",
        rows,
        one.bytes(),
        2L * rows * one.rows() * one.columns(),
        inBytes ? Limits.Arithmetic.INT8 : Limits.Arithmetic.FLOAT32,
        inTurn(weights.size(), i -> kernels.multiply(weights.get(i), null, x, rows, y)));
  }

  private void attention(Consumer<KernelCase> measure) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment pool = arena.allocate(ROTATED_BYTES, 64);
      for (KvFormat format : KvFormat.values()) {
        fill(pool, format);
        measure.accept(attention("attention, context 512", format, pool, 511, 1));
        measure.accept(attention("attention, context 8192", format, pool, 8191, 1));
        measure.accept(attention("attention, prefill", format, pool, 0, 256));
      }
    }
  }

  /** Fills memory with vectors of keys and values. */
  private void fill(MemorySegment memory, KvFormat format) {
    float[] numbers = floats(1 << 16);
    int bytes = format.vectorBytes(HEAD_DIM);
    workers.share(
        Math.toIntExact(memory.byteSize() / bytes),
        1 << 12,
        (from, to) -> {
          for (int v = from; v < to; v++) {
            int at = v * HEAD_DIM % numbers.length;
            format.store(numbers, at, HEAD_DIM, memory, (long) v * bytes);
          }
        });
  }

  private KernelCase attention(
      String name, KvFormat format, MemorySegment pool, int firstPosition, int rows) {
    Kernels kernels = new VectorKernels(workers, format);
    int keys = firstPosition + rows;
    long positionBytes = 2L * KV_HEADS * format.vectorBytes(HEAD_DIM);
    long blockBytes = BLOCK_TOKENS * positionBytes;
    int blocks = Math.ceilDiv(keys, BLOCK_TOKENS);
    int sequences = Math.toIntExact(pool.byteSize() / (blocks * blockBytes));
    List<KvPages> pages = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      MemorySegment[] mine = new MemorySegment[blocks];
      for (int b = 0; b < blocks; b++) {
        // Sequences that grow side by side take blocks in turn.
        mine[b] = pool.asSlice(((long) b * sequences + s) * blockBytes, blockBytes);
      }
      pages.add(new KvPages(mine, BLOCK_TOKENS, 0, blockBytes / 2));
    }
    AttentionShape shape =
        new AttentionShape(HEADS, KV_HEADS, HEAD_DIM, 1 / (float) Math.sqrt(HEAD_DIM));
    float[] sinks = floats(HEADS);
    float[] queries = floats(rows * QUERIES);
    float[] out = new float[rows * QUERIES];
    long pairs = (long) rows * firstPosition + (long) rows * (rows + 1) / 2;
    return new KernelCase(
        name + ", " + format.name().toLowerCase(Locale.ROOT),
        format == KvFormat.FLOAT32 ? BOTH : "fast",
        rows,
        keys * positionBytes,
        4L * pairs * QUERIES,
        Limits.Arithmetic.FLOAT32,
        inTurn(
            sequences,
            i ->
                kernels.attend(
                    shape,
                    List.of(new SequenceRows(pages.get(i), 0, rows, firstPosition)),
                    sinks,
                    queries,
                    0,
                    out)));
  }

  /** Kernels that know nothing but activations. */
  private void rows(Consumer<KernelCase> measure) {
    int rows = ROW_KERNELS_ROWS;
    float[] weight = floats(HIDDEN);
    measure.accept(
        ofRows(
            "rmsNorm " + HIDDEN,
            HIDDEN,
            HIDDEN,
            RMS_NORM_OPERATIONS * HIDDEN,
            (x, y) -> exact.rmsNorm(x, rows, weight, 1e-5f, y)));
    float[] cosines = new float[rows * HEAD_DIM / 2];
    float[] sines = new float[cosines.length];
    for (int i = 0; i < cosines.length; i++) {
      cosines[i] = (float) Math.cos(i);
      sines[i] = (float) Math.sin(i);
    }
    measure.accept(
        ofRows(
            "rotate %dx%d".formatted(HEADS, HEAD_DIM),
            QUERIES,
            0,
            ROTATE_OPERATIONS * QUERIES,
            (x, y) -> exact.rotate(x, rows, HEADS, HEAD_DIM, cosines, sines)));
    measure.accept(
        ofRows(
            "swiglu " + HIDDEN,
            2 * HIDDEN,
            HIDDEN,
            SWIGLU_OPERATIONS * HIDDEN,
            (x, y) -> exact.swiglu(x, rows, HIDDEN, SWIGLU_LIMIT, y)));
  }

  private interface RowKernel {
    void apply(float[] x, float[] y);
  }

  /**
   * @param outputs numbers of a row that it writes; 0 where it writes those that it reads
   * @param operations for each row
   */
  private static KernelCase ofRows(
      String name, int inputs, int outputs, long operations, RowKernel kernel) {
    int rows = ROW_KERNELS_ROWS;
    int written = outputs == 0 ? inputs : outputs;
    long bytes = (long) rows * (inputs + written) * Float.BYTES;
    int calls = Math.toIntExact(Math.ceilDiv(ROTATED_BYTES, bytes));
    float[] numbers = floats(rows * inputs);
    List<float[]> x = IntStream.range(0, calls).mapToObj(i -> numbers.clone()).toList();
    List<float[]> y = IntStream.range(0, calls).mapToObj(i -> new float[rows * outputs]).toList();
    return new KernelCase(
        name,
        BOTH,
        rows,
        bytes,
        rows * operations,
        Limits.Arithmetic.FLOAT32,
        inTurn(calls, i -> kernel.apply(x.get(i), y.get(i))));
  }

  private static Runnable inTurn(int count, IntConsumer call) {
    int[] next = {0};
    return () -> {
      call.accept(next[0]);
      next[0] = (next[0] + 1) % count;
    };
  }

  private Bf16Matrix bf16(int outputs, int columns, Arena arena) {
    MemorySegment data = arena.allocate(2L * outputs * columns, 64);
    // Four numbers of either sign between 2^-15 and 2^1.
    fill(data, bits -> (bits & 0x87FF_87FF_87FF_87FFL) | 0x3800_3800_3800_3800L);
    return new Bf16Matrix(data, outputs, columns);
  }

  private Mxfp4Matrix mxfp4(int outputs, int columns, Arena arena) {
    long values = (long) outputs * columns;
    MemorySegment blocks = arena.allocate(values / 2, 64);
    MemorySegment scales = arena.allocate(values / Mxfp4Matrix.BLOCK, 64);
    fill(blocks, LongUnaryOperator.identity());
    // Bytes of 118 to 125: scales of 2^-9 to 2^-2.
    fill(scales, bits -> (bits & 0x0707_0707_0707_0707L) + 0x7676_7676_7676_7676L);
    return new Mxfp4Matrix(blocks, scales, outputs, columns);
  }

  /** Fills memory with what is made of random bits. */
  private void fill(MemorySegment memory, LongUnaryOperator number) {
    int longs = Math.toIntExact(memory.byteSize() / Long.BYTES);
    workers.share(
        longs,
        1 << 16,
        (from, to) -> {
          SplittableRandom random = new SplittableRandom(from);
          for (int i = from; i < to; i++) {
            memory.setAtIndex(ValueLayout.JAVA_LONG, i, number.applyAsLong(random.nextLong()));
          }
        });
  }

  private static float[] floats(int count) {
    SplittableRandom random = new SplittableRandom(count);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
