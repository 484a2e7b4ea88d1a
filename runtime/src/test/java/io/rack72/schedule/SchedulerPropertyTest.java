package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import io.rack72.kv.TinyLayouts;
import io.rack72.model.StepBatch;
import io.rack72.sampling.ParamsBuilder;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.StepPlan.Share;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * A scheduler under random arrivals, lengths and aborts, with pools that hold a few sequences at
 * most. The model is replaced by one that writes into each position's memory whose it is, and reads
 * back everything that attention would see: a block that was given to two sequences, or lost what
 * was computed, shows as a foreign mark.
 */
class SchedulerPropertyTest {
  private static final int VOCAB_SIZE = 100;
  private static final ValueLayout.OfInt MARK = ValueLayout.JAVA_INT;

  @Test
  void everyPropertyHoldsOverManySmallWorlds() {
    long steps = 0;
    long preemptions = 0;
    long abortsInFlight = 0;
    long finished = 0;
    for (int seed = 0; seed < 400; seed++) {
      World world = new World(seed);
      world.run(500);
      steps += world.steps;
      preemptions += world.preemptions;
      abortsInFlight += world.abortsInFlight;
      finished += world.finished;
    }
    // The worlds are only worth something if the hard cases happen in them.
    assertTrue(steps > 200_000, steps + " steps");
    assertTrue(preemptions > 5_000, preemptions + " preemptions");
    assertTrue(abortsInFlight > 5_000, abortsInFlight + " aborts in flight");
    assertTrue(finished > 30_000, finished + " sequences finished");
  }

  /** What the test knows of a sequence. */
  private static final class Tracked {
    final Sequence sequence;
    final int number;
    int computed;
    boolean inLastStep;

    Tracked(Sequence sequence, int number) {
      this.sequence = sequence;
      this.number = number;
    }
  }

  private static final class World {
    private final SplittableRandom random;
    private final SchedulerLimits limits;
    private final KvCache cache;
    private final Scheduler scheduler;
    // In the order of arrival.
    private final List<Tracked> live = new ArrayList<>();
    private final List<Tracked> endedInFlight = new ArrayList<>();
    private Optional<StepPlan> inFlight = Optional.empty();
    private int added;
    private boolean open = true;
    long steps;
    long preemptions;
    long abortsInFlight;
    long finished;

    World(int seed) {
      random = new SplittableRandom(seed);
      String layers = List.of("sf", "sf", "fs", "ssf", "s", "f").get(random.nextInt(6));
      int window = random.nextInt(1, 12);
      KvLayout layout = TinyLayouts.layout(layers, window, 1000, random.nextInt(1, 6));
      int maxRunning = random.nextInt(1, 8);
      limits =
          new SchedulerLimits(
              maxRunning + random.nextInt(12),
              random.nextInt(1, 16),
              maxRunning,
              random.nextInt(1, 12),
              random.nextInt(2, 60));
      int fullBlocks = random.nextInt(1, 25);
      int slidingBlocks = layout.slidingBlocksFor(1) + random.nextInt(15);
      cache =
          new KvCache(
              layout,
              layout.hasFullLayers() ? fullBlocks : 0,
              layout.hasSlidingLayers() ? slidingBlocks : 0);
      scheduler = new Scheduler(limits, cache);
    }

    void run(int stepsWithArrivals) {
      while (steps < stepsWithArrivals) {
        arrive();
        step();
      }
      open = false;
      // What is left needs a step for each of its tokens at most, and again for each preemption of
      // one that is not the oldest.
      long bound = steps + 13L * 60 * 60;
      while (!live.isEmpty()) {
        assertTrue(steps < bound, "the sequences that are left never end");
        step();
      }
      assertEquals(Optional.empty(), scheduler.step());
      assertEquals(cache.full().capacity(), cache.full().freeBlocks());
      assertEquals(cache.sliding().capacity(), cache.sliding().freeBlocks());
      cache.close();
    }

    private void arrive() {
      for (int i = open ? random.nextInt(3) : 0; i > 0; i--) {
        int number = added++;
        int[] prompt = tokens(number, 0, random.nextInt(1, random.nextInt(4) == 0 ? 50 : 12));
        // Some were begun elsewhere.
        int begun = random.nextInt(4) == 0 ? random.nextInt(5) : 0;
        int[] generated = tokens(number, prompt.length, prompt.length + begun);
        SequenceId id = new SequenceId("r" + number, 0);
        switch (scheduler.add(id, prompt, generated, params(), Standing.DEFAULT)) {
          case Admission.Accepted(Sequence sequence) -> live.add(new Tracked(sequence, number));
          case Admission.Refused(Admission.Reason reason, String detail) ->
              assertFalse(detail.isEmpty(), reason.toString());
        }
      }
    }

    private SamplingParams params() {
      ParamsBuilder params = ParamsBuilder.params();
      if (random.nextBoolean()) {
        params.stopIds(random.nextInt(50), random.nextInt(50, VOCAB_SIZE));
      }
      int most = random.nextInt(1, 30);
      return params.tokens(random.nextInt(most), most).build();
    }

    private void step() {
      steps++;
      inFlight = scheduler.step();
      assertEquals(live.isEmpty(), inFlight.isEmpty(), "a step computes if anything is live");
      checkConservation();
      if (inFlight.isEmpty()) {
        return;
      }
      StepPlan plan = inFlight.get();
      checkPlan(plan);
      abortSome();
      compute(plan);
      abortSome();
      if (random.nextInt(3) == 0) {
        arrive();
      }
      // Tokens may be appended before or after the scheduler hears that the step is complete.
      boolean completeFirst = random.nextBoolean();
      if (completeFirst) {
        complete(plan);
      }
      for (Share share : plan.shares()) {
        Optional<Tracked> tracked = find(share.sequence());
        assertEquals(tracked.isPresent(), share.sequence().isLive());
        if (share.needsLogits() && tracked.isPresent()) {
          append(tracked.get());
        }
      }
      if (!completeFirst) {
        complete(plan);
      }
      checkConservation();
    }

    private void checkPlan(StepPlan plan) {
      assertTrue(plan.rows() <= limits.tokenBudget(), "the budget is exceeded");
      assertTrue(plan.shares().size() <= limits.maxRunning(), "too many run");
      // First come, first served: what runs is always what arrived first.
      for (int i = 0; i < plan.shares().size(); i++) {
        Share share = plan.shares().get(i);
        Tracked tracked = live.get(i);
        assertEquals(tracked.sequence, share.sequence(), "a later arrival went first");
        assertEquals(tracked.computed, share.firstPosition(), "positions are computed in order");
        assertTrue(share.rows() >= 1 && share.rows() <= limits.prefillChunk());
        tracked.computed += share.rows();
        assertEquals(tracked.computed == tracked.sequence.length(), share.needsLogits());
        tracked.inLastStep = true;
      }
      // A running sequence is in every step until it ends or is preempted.
      for (Tracked tracked : live.subList(plan.shares().size(), live.size())) {
        if (tracked.inLastStep) {
          tracked.inLastStep = false;
          tracked.computed = 0;
          preemptions++;
        }
      }
      assertEquals(preemptions, scheduler.load().preemptions());
      assertEquals(plan.shares().size(), scheduler.load().running());
      assertEquals(live.size() - plan.shares().size(), scheduler.load().waiting());
    }

    /** Blocks are neither lost nor held twice: what is not free is somebody's. */
    private void checkConservation() {
      int full = cache.full().freeBlocks();
      int sliding = cache.sliding().freeBlocks();
      for (List<Tracked> holders : List.of(live, endedInFlight)) {
        for (Tracked tracked : holders) {
          full += tracked.sequence.kv().fullBlocks();
          sliding += tracked.sequence.kv().slidingBlocks();
        }
      }
      assertEquals(cache.full().capacity(), full);
      assertEquals(cache.sliding().capacity(), sliding);
    }

    private void compute(StepPlan plan) {
      StepBatch batch = plan.batch();
      for (int i = 0; i < batch.slices().size(); i++) {
        StepBatch.Slice slice = batch.slices().get(i);
        int number = numberOf(plan.shares().get(i).sequence());
        for (int row = 0; row < slice.rows(); row++) {
          int position = slice.firstPosition() + row;
          assertEquals(token(number, position), batch.tokenIds()[slice.firstRow() + row]);
          mark(slice.kv(), position, number);
        }
        int last = slice.firstPosition() + slice.rows() - 1;
        checkMarks(slice.kv(), slice.firstPosition(), last, number);
      }
    }

    private void mark(SequenceKv kv, int position, int number) {
      for (int layer = 0; layer < cache.layout().config().layers(); layer++) {
        block(kv, layer, position).set(MARK, offset(layer, position), mark(number, position));
      }
    }

    private void checkMarks(SequenceKv kv, int firstRow, int lastRow, int number) {
      for (int layer = 0; layer < cache.layout().config().layers(); layer++) {
        boolean sliding = cache.layout().config().sliding(layer);
        int window = cache.layout().config().slidingWindow();
        int from = sliding ? Math.max(0, firstRow - window + 1) : 0;
        for (int position = from; position <= lastRow; position++) {
          int found = block(kv, layer, position).get(MARK, offset(layer, position));
          if (found != mark(number, position)) {
            assertEquals(mark(number, position), found, "position " + position + " is foreign");
          }
        }
      }
    }

    private MemorySegment block(SequenceKv kv, int layer, int position) {
      boolean sliding = cache.layout().config().sliding(layer);
      return kv.blocks(sliding)[position / cache.layout().blockTokens()];
    }

    private long offset(int layer, int position) {
      long inBlock = (position % cache.layout().blockTokens()) * (TinyLayouts.POSITION_BYTES / 2L);
      return cache.layout().keyOffsetBytes(layer) + inBlock;
    }

    private void abortSome() {
      while (!live.isEmpty() && random.nextInt(25) == 0) {
        Tracked tracked = live.remove(random.nextInt(live.size()));
        assertTrue(scheduler.abort(tracked.sequence.id()));
        assertFalse(scheduler.abort(tracked.sequence.id()), "it ends once");
        ended(tracked);
      }
    }

    private void append(Tracked tracked) {
      Sequence sequence = tracked.sequence;
      int token = token(tracked.number, sequence.length());
      boolean mayStop = sequence.generated() >= sequence.params().minTokens();
      Optional<FinishReason> reason =
          sequence.append(new SampledToken(token, Float.NaN, new int[0], new float[0]));
      boolean stops = mayStop && sequence.params().stopIds().contains(token);
      boolean full =
          sequence.generated() == sequence.params().maxTokens()
              || sequence.length() == limits.contextLimit();
      assertEquals(stops || full, reason.isPresent());
      if (reason.isPresent()) {
        live.remove(tracked);
        scheduler.finish(sequence);
        assertFalse(scheduler.abort(sequence.id()), "it ends once");
        ended(tracked);
        finished++;
      }
    }

    private void ended(Tracked tracked) {
      boolean used =
          inFlight.isPresent()
              && inFlight.get().shares().stream()
                  .anyMatch(share -> share.sequence() == tracked.sequence);
      if (used) {
        endedInFlight.add(tracked);
        abortsInFlight++;
      } else {
        assertEquals(0, tracked.sequence.kv().fullBlocks(), "its blocks are free at once");
        assertEquals(0, tracked.sequence.kv().slidingBlocks());
      }
    }

    private void complete(StepPlan plan) {
      scheduler.complete(plan);
      inFlight = Optional.empty();
      endedInFlight.clear();
    }

    private Optional<Tracked> find(Sequence sequence) {
      return live.stream().filter(tracked -> tracked.sequence == sequence).findFirst();
    }

    private static int numberOf(Sequence sequence) {
      return Integer.parseInt(sequence.id().request().substring(1));
    }

    private static int[] tokens(int number, int from, int to) {
      int[] tokens = new int[to - from];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = token(number, from + i);
      }
      return tokens;
    }

    /** The one text that a sequence of this number can ever have. */
    private static int token(int number, int position) {
      return Math.floorMod(mark(number, position) >> 7, VOCAB_SIZE);
    }

    private static int mark(int number, int position) {
      return (number * 1000 + position) * 0x9E3779B9;
    }
  }
}
