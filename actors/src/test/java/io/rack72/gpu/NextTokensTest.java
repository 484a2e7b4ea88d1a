package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.sampling.BrokenLogitsException;
import io.rack72.sampling.Sampler;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.Admission;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.Scheduler;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import io.rack72.schedule.StepPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NextTokensTest {
  private static final int VOCABULARY = 4;
  private static final int[] NOTHING = {};

  private final Checkpoint checkpoint =
      Checkpoint.open(Path.of("../runtime/src/test/resources/golden/tiny"));
  private final KvCache kv = new KvCache(new KvLayout(checkpoint.config(), 16), 16, 16);
  // Of the 12 rows of a step short prompts leave a long one fewer than it has.
  private final Scheduler scheduler = new Scheduler(new SchedulerLimits(12, 8, 8, 8, 64), kv);

  @AfterEach
  void close() {
    kv.close();
    checkpoint.close();
  }

  @Test
  void eachSequenceThatWasComputedToItsEndHasTheTokenOfItsOwnRow() {
    Sequence first = add("first", 2, 1);
    Sequence cancelled = add("cancelled", 2, 5);
    Sequence second = add("second", 3, 5);
    Sequence unfinished = add("unfinished", 9, 5);
    StepPlan plan = scheduler.step().orElseThrow();
    assertEquals(4, plan.shares().size());
    scheduler.abort(cancelled.id());
    scheduler.complete(plan);

    NextTokens next = NextTokens.choose(new Sampler(), plan, logits(3, 1, 2), VOCABULARY);
    assertEquals(List.of(), next.broken());
    assertEquals(2, next.tokens().size());
    assertNext(next.tokens().get(0), first, 0, 3, Optional.of(FinishReason.LENGTH));
    assertNext(next.tokens().get(1), second, 0, 2, Optional.empty());
    assertEquals(3, first.length());
    assertEquals(2, cancelled.length());
    assertEquals(9, unfinished.length());

    scheduler.finish(first);
    StepPlan later = scheduler.step().orElseThrow();
    scheduler.complete(later);
    NextTokens further = NextTokens.choose(new Sampler(), later, logits(1, 2), VOCABULARY);
    assertNext(further.tokens().get(0), second, 1, 1, Optional.empty());
    assertNext(further.tokens().get(1), unfinished, 0, 2, Optional.empty());
  }

  @Test
  void oneSequenceWithoutANextTokenLeavesTheOthersTheirs() {
    Sequence well = add("well", 2, 5);
    Sequence broken = add("broken", 2, 5);
    Sequence wellToo = add("well too", 2, 5);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.complete(plan);
    float[] logits = logits(1, 0, 3);
    logits[VOCABULARY] = Float.NaN;

    NextTokens next = NextTokens.choose(new Sampler(), plan, logits, VOCABULARY);
    assertNext(next.tokens().get(0), well, 0, 1, Optional.empty());
    assertNext(next.tokens().get(1), wellToo, 0, 3, Optional.empty());
    assertEquals(2, next.tokens().size());
    assertEquals(1, next.broken().size());
    assertEquals(broken, next.broken().getFirst().sequence());
    assertInstanceOf(BrokenLogitsException.class, next.broken().getFirst().why());
    assertTrue(broken.isLive());
    assertEquals(2, broken.length());
  }

  private Sequence add(String name, int promptLength, int maxTokens) {
    return assertInstanceOf(
            Admission.Accepted.class,
            scheduler.add(
                new SequenceId(name, 0),
                new int[promptLength],
                NOTHING,
                SamplingParams.greedy(maxTokens),
                Standing.DEFAULT))
        .sequence();
  }

  /** Rows in each of which one token is the likeliest. */
  private static float[] logits(int... likeliest) {
    float[] logits = new float[likeliest.length * VOCABULARY];
    for (int row = 0; row < likeliest.length; row++) {
      logits[row * VOCABULARY + likeliest[row]] = 1;
    }
    return logits;
  }

  private static void assertNext(
      NextTokens.Next next,
      Sequence sequence,
      int index,
      int token,
      Optional<FinishReason> finish) {
    assertEquals(new NextTokens.Next(sequence, index, next.token(), finish), next);
    assertEquals(token, next.token().id());
  }
}
