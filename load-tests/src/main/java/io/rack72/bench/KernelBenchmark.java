package io.rack72.bench;

import io.rack72.kernel.Kernels;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Linear maps of the shapes of gpt-oss-20b: how many gigabytes of weights a second they take in,
 * and how many billions of floating-point operations a second they do. Each call takes other
 * weights than the one before, more than a cache holds in all, as a step through the layers does.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class KernelBenchmark {
  /** Weights that the calls go through in turn: more than a last-level cache. */
  private static final long ROTATED_BYTES = 256L << 20;

  /** Format and shape: attention output, query, key, output matrix, gate and up, down. */
  @Param({
    "bf16-2880x4096",
    "bf16-4096x2880",
    "bf16-512x2880",
    "bf16-201088x2880",
    "mxfp4-5760x2880",
    "mxfp4-2880x2880"
  })
  public String weights;

  /** Rows of activations. */
  @Param({"1", "4", "16", "64", "512"})
  public int rows;

  /** Threads that share in a call. */
  @Param({"1", "2"})
  public int threads;

  private final List<Consumer<Kernels>> calls = new ArrayList<>();
  private Workers workers;
  private Kernels kernels;
  private Arena arena;
  private long bytes;
  private long operations;
  private int next;

  /** What a second's calls did, in units of 10^9. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Rates {
    public double gigabytes;
    public double gigaflops;

    /** Begins an iteration. */
    @Setup(Level.Iteration)
    public void clear() {
      gigabytes = 0;
      gigaflops = 0;
    }
  }

  /** Makes random weights and activations. */
  @Setup
  public void create() {
    int dash = weights.indexOf('-');
    int cross = weights.indexOf('x', dash);
    boolean packed = weights.startsWith("mxfp4");
    int outputs = Integer.parseInt(weights, dash + 1, cross, 10);
    int columns = Integer.parseInt(weights, cross + 1, weights.length(), 10);
    SplittableRandom random = new SplittableRandom(1);
    float[] x = new float[rows * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    float[] y = new float[rows * outputs];
    operations = 2L * rows * outputs * columns;
    arena = Arena.ofShared();
    workers = new Workers(threads);
    kernels = new VectorKernels(workers);
    for (long total = 0; total < ROTATED_BYTES; total += bytes) {
      if (packed) {
        Mxfp4Matrix w = mxfp4(outputs, columns, random);
        bytes = w.bytes();
        calls.add(k -> k.multiply(w, null, x, rows, y));
      } else {
        Bf16Matrix w = bf16(outputs, columns, random);
        bytes = w.bytes();
        calls.add(k -> k.multiply(w, null, x, rows, y));
      }
    }
  }

  /** Frees the weights. */
  @TearDown
  public void free() {
    workers.close();
    arena.close();
  }

  /** One linear map over all rows. */
  @Benchmark
  public void multiply(Rates rates) {
    calls.get(next).accept(kernels);
    next = (next + 1) % calls.size();
    rates.gigabytes += bytes / 1e9;
    rates.gigaflops += operations / 1e9;
  }

  private Bf16Matrix bf16(int outputs, int columns, SplittableRandom random) {
    MemorySegment data = arena.allocate(2L * outputs * columns, 64);
    for (long i = 0; i < data.byteSize(); i += 8) {
      // Four numbers of either sign between 2^-8 and 2^8: a random mantissa and low exponent bits.
      long bits = random.nextLong() & 0x87FF_87FF_87FF_87FFL | 0x3800_3800_3800_3800L;
      data.set(ValueLayout.JAVA_LONG, i, bits);
    }
    return new Bf16Matrix(data, outputs, columns);
  }

  private Mxfp4Matrix mxfp4(int outputs, int columns, SplittableRandom random) {
    long values = (long) outputs * columns;
    MemorySegment blocks = arena.allocate(values / 2, 64);
    MemorySegment scales = arena.allocate(values / Mxfp4Matrix.BLOCK, 64);
    for (long i = 0; i < blocks.byteSize(); i += 8) {
      blocks.set(ValueLayout.JAVA_LONG, i, random.nextLong());
    }
    for (long i = 0; i < scales.byteSize(); i++) {
      scales.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(118, 126));
    }
    return new Mxfp4Matrix(blocks, scales, outputs, columns);
  }
}
