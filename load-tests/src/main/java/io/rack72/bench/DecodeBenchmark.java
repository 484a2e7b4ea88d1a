package io.rack72.bench;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.Workers;
import io.rack72.model.Numerics;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
 * Decoding on a whole rack, from router to sampled token. One operation is one more token of every
 * sequence; {@code tokens} counts them. Sequences run on by themselves, as they do when they are
 * served, and the benchmark only waits for them.
 *
 * <pre>{@code
 * ./rack72 model make --shape gpt-oss-20b --layers 4 --seed 1 --out DIR
 * java @load-tests/target/app/jvm.flags -cp load-tests/target/app/rack72.jar \
 *     org.openjdk.jmh.Main DecodeBenchmark -p checkpoint=DIR
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 10)
@Measurement(iterations = 5, time = 10)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class DecodeBenchmark {
  /** What JMH reports beside the operations. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counters {
    /** Tokens of all sequences. */
    public long tokens;
  }

  /** Directory of a checkpoint; there is none to begin with. */
  @Param("")
  public String checkpoint;

  @Param({"1", "16"})
  public int sequences;

  @Param({"1", "72"})
  public int expertParallel;

  @Param("1")
  public int dataParallel;

  @Param({"exact", "fast"})
  public String mode;

  private Checkpoint open;
  private Workers workers;
  private Numerics numerics;
  private RackLoad load;
  private long rounds;

  /** Starts the rack; prefills are over when it returns. */
  @Setup
  public void start() throws InterruptedException {
    if (checkpoint.isEmpty()) {
      throw new IllegalArgumentException("give the directory of a checkpoint: -p checkpoint=DIR");
    }
    open = Checkpoint.open(Path.of(checkpoint));
    workers = new Workers(Runtime.getRuntime().availableProcessors());
    numerics =
        mode.equals("exact")
            ? Numerics.exact(open, workers)
            : Numerics.fast(
                open, workers, FastKernels.Choice.AUTO, Numerics.DenseWeights.INT8, KvFormat.BF16);
    load =
        new RackLoad(
            open,
            workers,
            numerics,
            new RackLoad.Shape(sequences, 16, Integer.MAX_VALUE),
            expertParallel,
            dataParallel);
  }

  /** Forgets what was decoded between two iterations. */
  @Setup(Level.Iteration)
  public void beginHere() {
    rounds = load.progress().rounds();
  }

  /** One more token of every sequence. */
  @Benchmark
  public void decode(Counters counters) throws InterruptedException {
    rounds++;
    load.progress().await(rounds);
    counters.tokens += sequences;
  }

  /** Stops the rack. */
  @TearDown
  public void stop() {
    load.close();
    numerics.close();
    workers.close();
    open.close();
  }
}
