package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.TinyLayouts;
import io.rack72.model.StepBatch;
import io.rack72.sampling.ParamsBuilder;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.StepPlan.Share;
import io.rack72.schedule.TrackedSequence.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A scheduler under random arrivals, priorities, pauses and aborts, with pools that hold a few
 * sequences at most, and texts that often begin alike.
 */
final class SchedulerWorld {
  private static final long PAUSED_FOR_EACH_WAITING = 16;
  private static final List<String> SALTS = List.of("", "", "", "a", "b");

  private final SplittableRandom random;
  private final SchedulerLimits limits;
  private final KvCache cache;
  private final Scheduler scheduler;
  private final RandomTexts texts;
  private final MarkingModel model;
  private final PlanChecks checks;
  private final WorldEvents events;
  private final int tenants;
  private final int pausesOutOf100;
  private final int oneLongTextIn;
  // In the order of arrival.
  private final List<TrackedSequence> live = new ArrayList<>();
  private final List<TrackedSequence> endedInStep = new ArrayList<>();
  private Optional<StepPlan> inFlight = Optional.empty();
  private int asked;
  private long accepted;
  private long steps;
  private boolean open = true;

  SchedulerWorld(long seed, WorldEvents events) {
    this.events = events;
    random = new SplittableRandom(seed);
    String layers = List.of("sf", "sf", "fs", "ssf", "s", "f").get(random.nextInt(6));
    int blockTokens = random.nextInt(1, 6);
    KvLayout layout = TinyLayouts.layout(layers, random.nextInt(1, 16), 1000, blockTokens);
    int maxRunning = random.nextInt(1, 8);
    limits =
        new SchedulerLimits(
            maxRunning + random.nextInt(12),
            random.nextInt(1, random.nextBoolean() ? 16 : 4),
            random.nextInt(1, 8),
            maxRunning,
            random.nextInt(1, 12),
            random.nextBoolean() ? Long.MAX_VALUE : random.nextInt(1, 150),
            random.nextInt(1, 12),
            random.nextInt(2, 60));
    int fullBlocks = random.nextInt(1, random.nextInt(3) == 0 ? 100 : 25);
    int slidingBlocks =
        layout.slidingBlocksFor(1) + random.nextInt(random.nextInt(3) == 0 ? 60 : 15);
    boolean sharesPrefixes = random.nextInt(8) != 0;
    cache =
        new KvCache(
            layout,
            layout.hasFullLayers() ? fullBlocks : 0,
            layout.hasSlidingLayers() ? slidingBlocks : 0,
            sharesPrefixes && random.nextBoolean() ? random.nextInt(1, 6_000) : 0,
            sharesPrefixes);
    scheduler = new Scheduler(limits, cache);
    texts = new RandomTexts(random, blockTokens);
    model = new MarkingModel(cache);
    checks = new PlanChecks(limits, cache, sharesPrefixes, events);
    tenants = random.nextInt(1, 4);
    oneLongTextIn = random.nextInt(1, 5);
    pausesOutOf100 = random.nextBoolean() ? 0 : random.nextInt(1, 20);
  }

  void run(int stepsWithArrivals) {
    while (steps < stepsWithArrivals) {
      arrive();
      disturb();
      step();
    }
    open = false;
    live.forEach(this::resume);
    // What is left needs a step for each of its tokens at most, and again for each preemption of
    // one that is not of the lowest rank.
    long bound = steps + 20L * 60 * 60;
    while (!live.isEmpty()) {
      assertTrue(steps < bound, "the sequences that are left never end");
      step();
    }
    assertEquals(Optional.empty(), scheduler.step());
    assertEquals(cache.full().capacity(), cache.full().freeBlocks());
    assertEquals(cache.sliding().capacity(), cache.sliding().freeBlocks());
    cache.close();
  }

  private void step() {
    steps++;
    events.count(WorldEvent.STEP);
    Urgency others =
        switch (random.nextInt(8)) {
          case 0, 1 -> Urgency.DECODES;
          case 2 -> Urgency.STANDSTILL;
          default -> Urgency.PROMPTS;
        };
    inFlight = scheduler.step(others);
    boolean allPaused = live.stream().allMatch(tracked -> tracked.place == Place.PAUSED);
    assertEquals(allPaused, inFlight.isEmpty(), "a step computes if anything may be computed");
    if (inFlight.isEmpty()) {
      events.add(WorldEvent.ALL_PAUSED, live.isEmpty() ? 0 : 1);
      return;
    }
    StepPlan plan = inFlight.get();
    checks.check(plan, live, others);
    events.add(WorldEvent.FROM_HOST, plan.hostInBytes() > 0 ? 1 : 0);
    checks.checkLoad(scheduler.load(), live);
    events.add(WorldEvent.SHARED_BLOCK, model.checkHeld(live, endedInStep));
    disturb();
    compute(plan);
    disturb();
    if (random.nextInt(3) == 0) {
      arrive();
    }
    // Tokens may be appended before or after the scheduler hears that the step is complete.
    boolean completeFirst = random.nextBoolean();
    if (completeFirst) {
      complete(plan);
      if (random.nextInt(8) == 0) {
        disturb();
      }
    }
    for (Share share : plan.shares()) {
      TrackedSequence tracked = checks.tracked(share.sequence());
      assertEquals(tracked != null, share.sequence().isLive());
      if (share.needsLogits() && tracked != null) {
        append(tracked);
      }
    }
    if (!completeFirst) {
      complete(plan);
    }
    checks.checkLoad(scheduler.load(), live);
    model.checkHeld(live, endedInStep);
  }

  private void arrive() {
    for (int i = open ? random.nextInt(3) : 0; i > 0; i--) {
      int[] text = texts.next(random.nextInt(oneLongTextIn) == 0 ? 50 : 14);
      // Some were begun elsewhere.
      int begun = random.nextInt(4) == 0 ? random.nextInt(text.length) : 0;
      int[] prompt = Arrays.copyOf(text, text.length - begun);
      int[] generated = Arrays.copyOfRange(text, prompt.length, text.length);
      int tenant = random.nextInt(tenants);
      Standing standing =
          new Standing(
              "t" + tenant,
              1 + tenant * tenant,
              random.nextInt(3) == 0 ? random.nextInt(-3, 4) : 0,
              SALTS.get(random.nextInt(SALTS.size())));
      SequenceId id = new SequenceId("r" + asked++, 0);
      SamplingParams params = params();
      Optional<Admission.Reason> refusal = refusal(text.length, prompt.length, params, standing);
      switch (scheduler.add(id, prompt, generated, params, standing)) {
        case Admission.Accepted(Sequence sequence) -> {
          assertEquals(Optional.empty(), refusal);
          int voice = random.nextBoolean() ? 0 : asked;
          TrackedSequence tracked =
              new TrackedSequence(sequence, text, voice, accepted++, limits.agingArrivals());
          live.add(tracked);
          checks.add(tracked);
        }
        case Admission.Refused(Admission.Reason reason, String detail) ->
            assertEquals(refusal, Optional.of(reason), detail);
      }
    }
  }

  private SamplingParams params() {
    ParamsBuilder params = ParamsBuilder.params();
    if (random.nextBoolean()) {
      params.stopIds(random.nextInt(50), random.nextInt(50, RandomTexts.VOCAB_SIZE));
    }
    int most = random.nextInt(1, 30);
    return params.tokens(random.nextInt(most), most).build();
  }

  /** Whether a tenant has fewer that wait than its part of the limit, by weight. */
  private boolean hasPartLeft(Standing standing, List<TrackedSequence> waiting) {
    long own = waiting.stream().filter(w -> w.tenant().equals(standing.tenant())).count();
    Map<String, Integer> weights = new TreeMap<>();
    waiting.forEach(w -> weights.put(w.tenant(), w.sequence.standing().weight()));
    weights.put(standing.tenant(), standing.weight());
    int sum = weights.values().stream().mapToInt(Integer::intValue).sum();
    if (own < Math.max(1, limits.maxWaiting() * standing.weight() / sum)) {
      events.count(WorldEvent.QUEUED_BEYOND_THE_LIMIT);
      return true;
    }
    return false;
  }

  private Optional<Admission.Reason> refusal(
      int length, int promptLength, SamplingParams params, Standing standing) {
    int longest = Math.min(promptLength + params.maxTokens(), limits.contextLimit());
    if (promptLength < limits.contextLimit() && length >= longest) {
      return Optional.of(Admission.Reason.INVALID);
    }
    if (promptLength >= limits.contextLimit()
        || cache.layout().fullBlocksFor(longest - 1) > cache.full().capacity()) {
      events.count(WorldEvent.REFUSED_TOO_LARGE);
      return Optional.of(Admission.Reason.TOO_LARGE);
    }
    List<TrackedSequence> waiting =
        live.stream().filter(tracked -> tracked.place == Place.WAITING).toList();
    if (waiting.size() >= limits.maxWaiting() && !hasPartLeft(standing, waiting)) {
      events.count(WorldEvent.REFUSED_FOR_COUNT);
      return Optional.of(Admission.Reason.FULL);
    }
    long paused = live.stream().filter(tracked -> tracked.place == Place.PAUSED).count();
    if (paused >= PAUSED_FOR_EACH_WAITING * limits.maxWaiting()) {
      return Optional.of(Admission.Reason.FULL);
    }
    long tokens = waiting.stream().mapToLong(tracked -> tracked.lengthWhenItQueued).sum();
    if (!waiting.isEmpty() && tokens + length > limits.maxWaitingTokens()) {
      events.count(WorldEvent.REFUSED_FOR_TOKENS);
      return Optional.of(Admission.Reason.FULL);
    }
    return Optional.empty();
  }

  private void compute(StepPlan plan) {
    // The same array as the scheduler's order of shares: ended ones are computed all the same.
    StepBatch batch = plan.batch();
    for (int i = 0; i < batch.slices().size(); i++) {
      Sequence sequence = plan.shares().get(i).sequence();
      TrackedSequence tracked = checks.tracked(sequence);
      if (tracked == null) {
        tracked =
            endedInStep.stream().filter(t -> t.sequence == sequence).findFirst().orElseThrow();
      }
      model.compute(batch, batch.slices().get(i), tracked);
    }
  }

  /** Aborts, pauses and resumes some. */
  private void disturb() {
    while (!live.isEmpty() && random.nextInt(30) == 0) {
      abort(live.get(random.nextInt(live.size())));
    }
    while (open && !live.isEmpty() && random.nextInt(100) < pausesOutOf100) {
      pause(live.get(random.nextInt(live.size())));
    }
    while (!live.isEmpty() && random.nextInt(100) < pausesOutOf100) {
      resume(live.get(random.nextInt(live.size())));
    }
  }

  private void abort(TrackedSequence tracked) {
    events.count(
        switch (tracked.place) {
          case PAUSED -> WorldEvent.ABORTED_PAUSED;
          case WAITING -> WorldEvent.ABORTED_WAITING;
          default -> WorldEvent.ABORTED_IN_STEP;
        });
    assertTrue(scheduler.abort(tracked.sequence.id()));
    ended(tracked);
  }

  private void pause(TrackedSequence tracked) {
    scheduler.pause(tracked.sequence.id());
    if (tracked.place == Place.PAUSED) {
      return;
    }
    if (tracked.inStep) {
      events.count(WorldEvent.PAUSED_IN_STEP);
      tracked.pausing = true;
    } else {
      events.count(
          tracked.place == Place.WAITING
              ? WorldEvent.PAUSED_WAITING
              : WorldEvent.PAUSED_BETWEEN_STEPS);
      enterPause(tracked);
    }
  }

  private void resume(TrackedSequence tracked) {
    scheduler.resume(tracked.sequence.id());
    events.add(WorldEvent.PAUSE_REVOKED, tracked.pausing ? 1 : 0);
    tracked.pausing = false;
    if (tracked.place == Place.PAUSED) {
      events.count(WorldEvent.RESUMED);
      tracked.place = Place.WAITING;
      tracked.lengthWhenItQueued = tracked.length();
    }
  }

  private static void enterPause(TrackedSequence tracked) {
    tracked.place = Place.PAUSED;
    tracked.pausing = false;
    tracked.computed = 0;
  }

  private void append(TrackedSequence tracked) {
    Sequence sequence = tracked.sequence;
    int token = tracked.nextToken();
    boolean mayStop = sequence.generated() >= sequence.params().minTokens();
    Optional<FinishReason> reason =
        sequence.append(new SampledToken(token, Float.NaN, new int[0], new float[0]));
    tracked.append(token);
    boolean stops = mayStop && sequence.params().stopIds().contains(token);
    boolean full =
        sequence.generated() == sequence.params().maxTokens()
            || sequence.length() == limits.contextLimit();
    assertEquals(stops || full, reason.isPresent());
    if (reason.isPresent()) {
      boolean pausing = tracked.pausing || tracked.place == Place.PAUSED;
      events.count(pausing ? WorldEvent.FINISHED_WHILE_PAUSING : WorldEvent.FINISHED);
      scheduler.finish(sequence);
      ended(tracked);
      // A conversation goes on from what was said.
      texts.remember(tracked.text());
    }
  }

  private void ended(TrackedSequence tracked) {
    assertFalse(scheduler.abort(tracked.sequence.id()), "it ends once");
    assertSame(Sequence.State.ENDED, tracked.sequence.state());
    live.remove(tracked);
    checks.remove(tracked);
    tracked.place = Place.ENDED;
    if (tracked.inStep) {
      endedInStep.add(tracked);
    } else {
      assertEquals(0, tracked.sequence.kv().fullBlocks(), "its blocks are free at once");
      assertEquals(0, tracked.sequence.kv().slidingBlocks());
    }
  }

  private void complete(StepPlan plan) {
    scheduler.complete(plan);
    for (Share share : plan.shares()) {
      TrackedSequence tracked = checks.tracked(share.sequence());
      if (tracked != null) {
        int from = tracked.computed;
        tracked.inStep = false;
        tracked.computed += share.rows();
        checks.noteComputed(tracked, from, tracked.computed);
        if (tracked.pausing) {
          enterPause(tracked);
        }
      }
    }
    inFlight = Optional.empty();
    endedInStep.clear();
  }
}
