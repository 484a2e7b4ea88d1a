package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.rack72.kv.KvCache;
import io.rack72.kv.TinyLayouts;
import io.rack72.sampling.ParamsBuilder;
import io.rack72.sampling.SampledToken;
import java.util.Arrays;

/** Runs the steps of a scheduler and tells what they were. */
final class SchedulerDriver {
  final Scheduler scheduler;
  final KvCache cache;

  /** One full and one sliding layer, a window of 4, blocks of 4. */
  SchedulerDriver(SchedulerLimits limits, int fullBlocks, int slidingBlocks) {
    cache = new KvCache(TinyLayouts.layout("sf", 4, 1000, 4), fullBlocks, slidingBlocks);
    scheduler = new Scheduler(limits, cache);
  }

  /** A sequence whose prompt is its letter over and over, and shares nothing with others. */
  Sequence accept(String id, int prompt, int maxTokens) {
    return accept(id, filled(prompt, id.charAt(0)), maxTokens, Standing.DEFAULT);
  }

  Sequence accept(String id, int[] prompt, int maxTokens, Standing standing) {
    return assertInstanceOf(
            Admission.Accepted.class, add(id, prompt, maxTokens, standing), "refused")
        .sequence();
  }

  Admission add(String id, int[] prompt, int maxTokens, Standing standing) {
    return scheduler.add(
        id(id), prompt, new int[0], ParamsBuilder.params().tokens(0, maxTokens).build(), standing);
  }

  /** Runs a step and tells its shares, as {@code id:firstPosition+rows}, with a star for logits. */
  String run() {
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.complete(plan);
    append(plan);
    return told(plan);
  }

  /** Appends a token to all that need one and are live, and finishes those that end by it. */
  void append(StepPlan plan) {
    for (StepPlan.Share share : plan.shares()) {
      Sequence sequence = share.sequence();
      if (share.needsLogits()
          && sequence.isLive()
          && sequence
              .append(new SampledToken(1, Float.NaN, new int[0], new float[0]))
              .isPresent()) {
        scheduler.finish(sequence);
      }
    }
  }

  static String told(StepPlan plan) {
    StringBuilder told = new StringBuilder();
    for (StepPlan.Share share : plan.shares()) {
      told.append(told.isEmpty() ? "" : " ")
          .append(share.sequence().id().request())
          .append(':')
          .append(share.firstPosition())
          .append('+')
          .append(share.rows())
          .append(share.needsLogits() ? "*" : "");
    }
    return told.toString();
  }

  static SequenceId id(String request) {
    return new SequenceId(request, 0);
  }

  static int[] filled(int count, int token) {
    int[] tokens = new int[count];
    Arrays.fill(tokens, token % 100);
    return tokens;
  }
}
