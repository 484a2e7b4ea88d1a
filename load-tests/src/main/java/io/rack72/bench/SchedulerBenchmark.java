package io.rack72.bench;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.Admission;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import io.rack72.schedule.StepPlan;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
 * Time that the core takes for one step of decodes, besides computing it and choosing tokens: the
 * plan, the batch, KV blocks and their names, the appended tokens, and what ends and begins. Each
 * sequence has a prompt of 64 tokens and a reply of 256; one that has ended makes room for a new
 * one at once, so with {@code s} sequences {@code s / 256} of them end and begin in each step.
 *
 * <pre>{@code
 * java @load-tests/target/app/jvm.flags -cp load-tests/target/app/rack72.jar \
 *     org.openjdk.jmh.Main SchedulerBenchmark
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
public class SchedulerBenchmark {
  private static final int PROMPT_TOKENS = 64;
  private static final int REPLY_TOKENS = 256;
  private static final int BLOCK_TOKENS = 16;

  /** Sequences that run. */
  @Param({"8", "64", "512"})
  public int sequences;

  private final SplittableRandom random = new SplittableRandom(1);
  private KvCache cache;
  private Scheduler scheduler;
  private long added;

  /** Fills the scheduler, with replies that end at different times. */
  @Setup(Level.Trial)
  public void fill() {
    ModelConfig config = ModelShape.named("gpt-oss-20b").config();
    int blocksOfOne = Math.ceilDiv(PROMPT_TOKENS + REPLY_TOKENS, BLOCK_TOKENS) + 2;
    // Twice what is held, so that half of the pool is a prefix cache from which blocks are evicted.
    int blocks = 2 * sequences * blocksOfOne;
    cache = new KvCache(new KvLayout(config, BLOCK_TOKENS), blocks, blocks);
    SchedulerLimits limits =
        new SchedulerLimits(
            sequences + PROMPT_TOKENS, PROMPT_TOKENS, sequences, sequences, 131_072);
    scheduler = new Scheduler(limits, cache);
    for (int i = 0; i < sequences; i++) {
      add(1 + random.nextInt(REPLY_TOKENS));
    }
    for (int i = 0; i < 2 * REPLY_TOKENS; i++) {
      step();
    }
  }

  /** Gives the memory back. */
  @TearDown(Level.Trial)
  public void close() {
    cache.close();
  }

  /** One step. */
  @Benchmark
  public int step() {
    StepPlan plan = scheduler.step().orElseThrow();
    int rows = plan.batch().rows();
    scheduler.complete(plan);
    for (StepPlan.Share share : plan.shares()) {
      Sequence sequence = share.sequence();
      if (share.needsLogits() && sequence.append(token()).isPresent()) {
        scheduler.finish(sequence);
        add(REPLY_TOKENS);
      }
    }
    return rows;
  }

  private void add(int replyTokens) {
    int[] prompt = random.ints(PROMPT_TOKENS, 0, 201_088).toArray();
    SamplingParams params =
        new SamplingParams(0, 1, 0, 0, 1, 0, 0, 1, Map.of(), -1, replyTokens, 0, Set.of(), true);
    Admission admission =
        scheduler.add(
            new SequenceId("s" + added++, 0), prompt, new int[0], params, Standing.DEFAULT);
    if (!(admission instanceof Admission.Accepted)) {
      throw new IllegalStateException(admission.toString());
    }
  }

  private SampledToken token() {
    return new SampledToken(random.nextInt(201_088), Float.NaN, new int[0], new float[0]);
  }
}
