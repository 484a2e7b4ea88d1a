package io.rack72.bench;

import io.rack72.sampling.SampledToken;
import io.rack72.sampling.Sampler;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Time to choose one token from the logits of gpt-oss's vocabulary, on one thread.
 *
 * <pre>{@code
 * java @load-tests/target/app/jvm.flags -cp load-tests/target/app/rack72.jar \
 *     org.openjdk.jmh.Main SamplingBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class SamplingBenchmark {
  private static final int VOCAB_SIZE = 201_088;
  // More rows than one, so that no branch predictor learns a row by heart.
  private static final int ROWS = 8;

  /** How the token is chosen; {@code LOGPROBS} is greedy and reports twenty alternatives. */
  public enum Choice {
    GREEDY(0, 1, 0, -1),
    TEMPERATURE_1(1, 1, 0, -1),
    TOP_P_09(1, 0.9f, 0, -1),
    TOP_K_50(1, 1, 50, -1),
    LOGPROBS(0, 1, 0, 20);

    private final float temperature;
    private final float topP;
    private final int topK;
    private final int topLogprobs;

    Choice(float temperature, float topP, int topK, int topLogprobs) {
      this.temperature = temperature;
      this.topP = topP;
      this.topK = topK;
      this.topLogprobs = topLogprobs;
    }

    private SamplingParams params() {
      return new SamplingParams(
          temperature, topP, topK, 0, 1, 0, 0, 1, Map.of(), topLogprobs, 1000, 0, Set.of(), true);
    }
  }

  /** How likely the tokens are: some far more than others, or all about equally. */
  public enum Logits {
    /** As of a trained model: normally distributed, and a few tokens stand out. */
    PEAKED,
    /** Normally distributed and widely, with nothing above: a fifth of all tokens matters. */
    WIDE,
    /** As of random weights: all tokens are about equally likely. */
    FLAT;

    private float[] rows(SplittableRandom random) {
      double deviation = this == FLAT ? 0.1 : 2.5;
      float[] rows = new float[ROWS * VOCAB_SIZE];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) random.nextGaussian(0, deviation);
      }
      for (int i = 0; i < 20 * ROWS && this == PEAKED; i++) {
        rows[i % ROWS * VOCAB_SIZE + random.nextInt(VOCAB_SIZE)] = random.nextFloat(14, 22);
      }
      return rows;
    }
  }

  @Param public Choice choice;

  @Param public Logits logits;

  private final Sampler sampler = new Sampler();
  private final TokenCounts history = new TokenCounts();
  private SamplingParams params;
  private float[] rows;
  private int position;

  /** Makes the logits. */
  @Setup
  public void start() {
    params = choice.params();
    rows = logits.rows(new SplittableRandom(1));
  }

  /** One token. */
  @Benchmark
  public SampledToken sample() {
    position++;
    return sampler.sample(
        rows, position % ROWS * VOCAB_SIZE, VOCAB_SIZE, params, history, position);
  }
}
