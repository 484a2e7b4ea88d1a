package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/**
 * The kernels of the fast mode: products with MXFP4 and 8-bit weights take activations in 8 bits
 * ({@link Int8Activations}, {@link BlockProducts}), and keys and values have a {@link KvFormat};
 * everything else is as in the exact mode. They quantize the dense weights too. The same bits on
 * every machine, with native code or without.
 */
public final class FastKernels implements Kernels, Int8Quantization {
  /** Which implementation computes the products. */
  public enum Choice {
    /** The best that was built and that this processor has. */
    AUTO,
    /** Pure Java, on the Vector API. */
    JAVA,
    /** C for AVX2. */
    AVX2,
    /** C for AVX-512 with VNNI and VBMI. */
    AVX512,
    /** C for NEON with its dot products (FEAT_DotProd). */
    NEON,
    /** C for AMX with 8-bit numbers, and for AVX-512 where activations have few rows. */
    AMX
  }

  /** Multiplications below which handing work to another core costs more than it saves. */
  private static final long MIN_SHARED_PRODUCTS = 1 << 18;

  /** Parts per core, so that a core which started late does not hold up the others. */
  private static final int PARTS_PER_CORE = 4;

  /** Weight rows of a piece of work are in multiples of two tiles, as the kernels like best. */
  private static final int PIECE_ROWS = 2 * BlockProducts.TILE_ROWS;

  /**
   * Multiplications of one call at most. Up to eight rows of activations, weights come as fast as
   * memory gives them, whatever is computed.
   */
  private static final long MOST_PRODUCTS = 100_000_000;

  /** Weights of a piece of a quantization, so that cores which start late have some too. */
  private static final int QUANTIZED_WEIGHTS = 1 << 18;

  /** Activation rows that are worked on together, which bounds the scratch memory. */
  private static final int MAX_ROWS = 512;

  private final VectorKernels exact;
  private final BlockProducts products;
  private final Workers workers;

  /**
   * @param exact does everything that is no product
   * @param workers who share in large calls; the caller closes them
   * @throws IllegalArgumentException where this machine lacks what is chosen
   */
  public FastKernels(VectorKernels exact, Workers workers, Choice choice) {
    this.exact = exact;
    this.workers = workers;
    products = choose(choice);
  }

  /** Whether kernels were built and this processor has what they need. */
  public static boolean isAvailable(Choice choice) {
    return NativeBlockProducts.has(instructions(choice));
  }

  private static NativeBlockProducts.Instructions instructions(Choice choice) {
    return switch (choice) {
      case AUTO -> NativeBlockProducts.best();
      case JAVA -> NativeBlockProducts.Instructions.NONE;
      case AVX2 -> NativeBlockProducts.Instructions.AVX2;
      case AVX512 -> NativeBlockProducts.Instructions.AVX512;
      case NEON -> NativeBlockProducts.Instructions.NEON;
      case AMX -> NativeBlockProducts.Instructions.AMX;
    };
  }

  private static BlockProducts choose(Choice choice) {
    NativeBlockProducts.Instructions wanted = instructions(choice);
    if (wanted == NativeBlockProducts.Instructions.NONE) {
      return new VectorBlockProducts();
    }
    return NativeBlockProducts.with(wanted)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no %s kernels here: this machine and build have %s"
                        .formatted(wanted.symbol(), NativeBlockProducts.best().symbol())));
  }

  @Override
  public String name() {
    return "fast-" + products.name();
  }

  @Override
  public KvFormat kvFormat() {
    return exact.kvFormat();
  }

  @Override
  public void multiply(WeightMatrix w, Bf16Vector bias, float[] x, int rows, float[] y) {
    Sizes.checkBias(bias, w.rows());
    switch (w) {
      case Bf16Matrix bf16 -> exact.multiply(bf16, bias, x, rows, y);
      case Mxfp4Matrix mxfp4 ->
          share(
              mxfp4,
              x,
              rows,
              y,
              BlockProducts.MXFP4_OFFSET,
              (in, from, to, yOffset) -> products.multiply(mxfp4, bias, in, from, to, y, yOffset));
      case Int8Matrix int8 ->
          share(
              int8,
              x,
              rows,
              y,
              Int8Matrix.OFFSET,
              (in, from, to, yOffset) -> products.multiply(int8, bias, in, from, to, y, yOffset));
    }
  }

  @Override
  public Int8Matrix quantize(Bf16Matrix matrix, Arena arena) {
    int tiles = Int8Matrix.tiles(matrix.rows());
    long blocks = (long) tiles * Int8Matrix.blocks(matrix.columns());
    MemorySegment codes = NativeMemory.allocate(blocks * Int8Matrix.TILE_BLOCK_BYTES, arena);
    MemorySegment scales =
        NativeMemory.allocate(blocks * BlockProducts.TILE_ROWS * Short.BYTES, arena);
    Int8Matrix out = new Int8Matrix(codes, scales, matrix.rows(), matrix.columns());
    int grain =
        Math.max(1, QUANTIZED_WEIGHTS / BlockProducts.TILE_ROWS / Math.max(1, matrix.columns()));
    workers.share(tiles, grain, (from, to) -> products.quantize(matrix, from, to, out));
    if (matrix.data().isMapped()) {
      matrix.data().unload();
    }
    return out;
  }

  /**
   * For reports on how near the products come to the processor's peak: multiplies bytes in
   * registers on the calling thread, with the instructions of the products, and does nothing else.
   * A call holds off the garbage collector; a thousand rounds take up to some tens of microseconds.
   *
   * @param rounds at most 2^24
   * @return multiply-adds done; empty where no instruction multiplies bytes
   */
  public OptionalLong int8Peak(long rounds) {
    return products instanceof NativeBlockProducts c
        ? OptionalLong.of(c.peak(rounds))
        : OptionalLong.empty();
  }

  private interface Piece {
    void multiply(Int8Activations x, int from, int to, int yOffset);
  }

  private void share(
      WeightMatrix w, float[] x, int rows, float[] y, int weightOffset, Piece piece) {
    int columns = w.columns();
    int outputs = w.rows();
    Sizes.check("x", x, rows, columns);
    Sizes.check("y", y, rows, outputs);
    Int8Activations in = Scratch.ofThread().activations;
    for (int row = 0; row < rows; row += MAX_ROWS) {
      int passRows = Math.min(MAX_ROWS, rows - row);
      int yOffset = row * outputs;
      in.fill(x, row * columns, passRows, columns, weightOffset, products.takesPairs(), workers);
      if ((long) passRows * outputs * columns < MIN_SHARED_PRODUCTS) {
        piece.multiply(in, 0, outputs, yOffset);
      } else {
        int most = rowsOfAPiece(passRows, columns);
        int part = Math.ceilDiv(outputs, workers.size() * PARTS_PER_CORE);
        int grain = Math.min(most, Math.ceilDiv(part, PIECE_ROWS) * PIECE_ROWS);
        workers.share(
            outputs,
            grain,
            (from, to) -> {
              // A caller that gets no help is given all at once.
              for (int first = from; first < to; first += most) {
                piece.multiply(in, first, Math.min(to, first + most), yOffset);
              }
            });
      }
    }
  }

  /**
   * Weight rows of one call, which holds off the garbage collector: some hundred microseconds'
   * worth.
   */
  private static int rowsOfAPiece(int activationRows, int columns) {
    long products = (long) Math.max(8, activationRows) * Math.max(1, columns);
    long rows = MOST_PRODUCTS / products / PIECE_ROWS * PIECE_ROWS;
    return Math.clamp(rows, PIECE_ROWS, 1 << 20);
  }

  @Override
  public void rmsNorm(float[] x, int rows, float[] weight, float epsilon, float[] out) {
    exact.rmsNorm(x, rows, weight, epsilon, out);
  }

  @Override
  public void rotate(float[] x, int rows, int heads, int headDim, float[] cosines, float[] sines) {
    exact.rotate(x, rows, heads, headDim, cosines, sines);
  }

  @Override
  public void attend(
      AttentionShape shape,
      List<SequenceRows> sequences,
      float[] sinks,
      float[] queries,
      int window,
      float[] out) {
    exact.attend(shape, sequences, sinks, queries, window, out);
  }

  @Override
  public void swiglu(float[] gateUp, int rows, int width, float limit, float[] out) {
    exact.swiglu(gateUp, rows, width, limit, out);
  }

  @Override
  public void addScaled(float scale, float[] x, int xOffset, float[] y, int yOffset, int length) {
    exact.addScaled(scale, x, xOffset, y, yOffset, length);
  }
}
