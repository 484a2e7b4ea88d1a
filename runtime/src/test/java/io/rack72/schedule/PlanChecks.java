package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.BlockHash;
import io.rack72.kv.KvCache;
import io.rack72.schedule.StepPlan.Share;
import io.rack72.schedule.TrackedSequence.Place;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What holds for every step that a scheduler plans. */
final class PlanChecks {
  private final SchedulerLimits limits;
  private final KvCache cache;
  private final boolean sharesPrefixes;
  private final WorldEvents events;
  private final int blockTokens;
  private final Set<BlockHash> everComputed = new HashSet<>();
  private final Map<Sequence, TrackedSequence> bySequence = new HashMap<>();
  private long preemptions;
  private long computedTokens;
  private long cachedTokens;

  PlanChecks(SchedulerLimits limits, KvCache cache, boolean sharesPrefixes, WorldEvents events) {
    this.limits = limits;
    this.cache = cache;
    this.sharesPrefixes = sharesPrefixes;
    this.events = events;
    blockTokens = cache.layout().blockTokens();
  }

  void add(TrackedSequence tracked) {
    bySequence.put(tracked.sequence, tracked);
  }

  void remove(TrackedSequence tracked) {
    bySequence.remove(tracked.sequence);
  }

  TrackedSequence tracked(Sequence sequence) {
    return bySequence.get(sequence);
  }

  /** Checks a plan against what was known before it, and takes note of what it changes. */
  void check(StepPlan plan, Collection<TrackedSequence> live, Urgency others) {
    int prefillLeft = leastPrefillLimit(live, others) - checkPrefill(plan, live, others);
    assertTrue(plan.rows() <= limits.tokenBudget(), "the budget is exceeded");
    assertTrue(plan.shares().size() <= limits.maxRunning(), "too many run");
    List<TrackedSequence> going = new ArrayList<>();
    List<TrackedSequence> begun = new ArrayList<>();
    Map<String, TrackedSequence> lastGoing = new HashMap<>();
    for (Share share : plan.shares()) {
      TrackedSequence tracked = bySequence.get(share.sequence());
      checkRows(share, tracked);
      if (tracked.place == Place.RUNNING) {
        assertTrue(begun.isEmpty(), "those that ran before come first");
        TrackedSequence before = lastGoing.put(tracked.tenant(), tracked);
        boolean first = before == null || before.equals(going.getFirst());
        assertTrue(first || before.isBefore(tracked), "of a tenant, by rank");
        assertEquals(tracked.computed, share.firstPosition(), "positions are computed in order");
        going.add(tracked);
      } else {
        assertSame(Place.WAITING, tracked.place, "only what waits can begin");
        begun.add(tracked);
        checkBegin(tracked, share.firstPosition());
      }
      tracked.inStep = true;
    }
    checkStarted(plan, begun);
    boolean preempted = checkPreempted(live, going, begun);
    begun.forEach(tracked -> tracked.place = Place.RUNNING);
    Map<String, TrackedSequence> lastBegun = new HashMap<>();
    for (TrackedSequence tracked : begun) {
      TrackedSequence before = lastBegun.put(tracked.tenant(), tracked);
      assertTrue(before == null || before.isBefore(tracked), "of a tenant, by rank");
      checkNotInWork(tracked, plan);
      checkOvertaken(tracked, live, plan);
    }
    if (!preempted && prefillLeft > 0) {
      checkNobodyWaitsForNothing(plan, live);
    }
  }

  /** Checks what the scheduler says of itself. */
  void checkLoad(SchedulerLoad load, Collection<TrackedSequence> live) {
    int waiting = 0;
    int running = 0;
    int paused = 0;
    long tokens = 0;
    for (TrackedSequence tracked : live) {
      switch (tracked.place) {
        case WAITING -> {
          waiting++;
          tokens += tracked.lengthWhenItQueued;
        }
        case RUNNING -> running++;
        case PAUSED -> paused++;
        case ENDED -> throw new AssertionError(tracked + " has ended");
      }
    }
    SchedulerLoad expected =
        new SchedulerLoad(
            waiting,
            tokens,
            running,
            paused,
            cache.full().freeBlocks(),
            cache.sliding().freeBlocks(),
            preemptions,
            computedTokens,
            cachedTokens);
    assertEquals(expected, load);
  }

  /** Notes which blocks of a sequence have been computed. */
  void noteComputed(TrackedSequence tracked, int from, int to) {
    if (sharesPrefixes) {
      everComputed.addAll(tracked.sequence.names().subList(from / blockTokens, to / blockTokens));
    }
  }

  /** Whether one that goes on in the middle of its reply runs, or is next whatever tenants had. */
  private static boolean certainlyGoesOn(Collection<TrackedSequence> live) {
    Collection<TrackedSequence> next = nextOfTenants(live);
    return runsAgain(live) || (!next.isEmpty() && next.stream().allMatch(PlanChecks::isAgain));
  }

  /** Whether one that goes on in the middle of its reply runs, or may be next. */
  private static boolean possiblyGoesOn(Collection<TrackedSequence> live) {
    return runsAgain(live) || nextOfTenants(live).stream().anyMatch(PlanChecks::isAgain);
  }

  private static boolean runsAgain(Collection<TrackedSequence> live) {
    return live.stream().anyMatch(one -> one.place == Place.RUNNING && isAgain(one));
  }

  private static boolean isAgain(TrackedSequence tracked) {
    return isComputedAgain(tracked.sequence, tracked.computed);
  }

  /** Of each tenant the one that waits and is before its others; one of them is next of all. */
  private static Collection<TrackedSequence> nextOfTenants(Collection<TrackedSequence> live) {
    Map<String, TrackedSequence> next = new HashMap<>();
    for (TrackedSequence tracked : live) {
      if (tracked.place == Place.WAITING) {
        next.merge(tracked.tenant(), tracked, (one, other) -> one.isBefore(other) ? one : other);
      }
    }
    return next.values();
  }

  private int leastPrefillLimit(Collection<TrackedSequence> live, Urgency others) {
    return prefillLimit(live, others, possiblyGoesOn(live));
  }

  private int mostPrefillLimit(Collection<TrackedSequence> live, Urgency others) {
    return prefillLimit(live, others, certainlyGoesOn(live));
  }

  private int prefillLimit(Collection<TrackedSequence> live, Urgency others, boolean goesOn) {
    int decodes = 0;
    int prompts = 0;
    for (TrackedSequence tracked : live) {
      boolean again = isAgain(tracked);
      switch (tracked.place) {
        case RUNNING -> {
          boolean decodesNow = tracked.length() - tracked.computed == 1;
          decodes += decodesNow ? 1 : 0;
          prompts += decodesNow || again ? 0 : 1;
        }
        case WAITING -> prompts++;
        default -> {}
      }
    }
    boolean spared =
        goesOn
            || others == Urgency.STANDSTILL
            || (decodes > 0 ? prompts <= decodes : others == Urgency.DECODES && prompts <= 1);
    return spared ? Math.max(limits.prefillBesideDecodes(), 2 * decodes) : limits.tokenBudget();
  }

  /** Whether a sequence has rows to compute before it goes on in the middle of its reply. */
  private static boolean isComputedAgain(Sequence sequence, int computed) {
    return sequence.generated() > 0 && sequence.length() - computed > 1;
  }

  /** Checks how many rows of prompts a step has, and returns them. */
  private int checkPrefill(StepPlan plan, Collection<TrackedSequence> live, Urgency others) {
    int rows = 0;
    int single = 0;
    for (Share share : plan.shares()) {
      Sequence sequence = share.sequence();
      if (sequence.length() - share.firstPosition() > 1
          && !isComputedAgain(sequence, share.firstPosition())) {
        rows += share.rows();
        single += share.rows() == 1 ? 1 : 0;
      }
    }
    // Each that runs has one row whatever the limit.
    int limit = mostPrefillLimit(live, others);
    assertTrue(rows <= limit + single, rows + " rows of prompts, above " + limit);
    if (rows >= limit && limit < limits.tokenBudget()) {
      events.count(WorldEvent.PREFILL_LIMITED);
    }
    return rows;
  }

  private void checkRows(Share share, TrackedSequence tracked) {
    int end = share.firstPosition() + share.rows();
    assertFalse(tracked.inStep, "a sequence is in a step once");
    assertTrue(share.rows() >= 1 && share.rows() <= limits.prefillChunk(), "rows of a share");
    assertTrue(end <= tracked.length());
    assertEquals(end == tracked.length(), share.needsLogits());
    computedTokens += share.rows();
  }

  private void checkBegin(TrackedSequence tracked, int first) {
    tracked.computed = first;
    tracked.lengthWhenItBegan = tracked.length();
    assertTrue(first < tracked.length(), "the last token is always computed");
    assertEquals(0, first % blockTokens, "only whole blocks are shared");
    assertTrue(sharesPrefixes || first == 0);
    if (!tracked.everRan) {
      assertEquals(
          Math.min(first, tracked.sequence.promptLength()), tracked.sequence.cachedTokens());
    }
    cachedTokens += tracked.everRan ? 0 : Math.min(first, tracked.sequence.promptLength());
    int mayBeFound = (tracked.length() - 1) / blockTokens;
    int found = first / blockTokens;
    if (found > 0) {
      events.count(tracked.everRan ? WorldEvent.BEGAN_AGAIN_WITH_A_HIT : WorldEvent.HIT);
    }
    if (found > 0 && found == mayBeFound) {
      events.count(WorldEvent.HIT_OF_ALL_THAT_CAN_BE_FOUND);
    }
    if (sharesPrefixes && found < mayBeFound) {
      BlockHash next = tracked.sequence.names().get(found);
      if (cache.layout().hasFullLayers() && cache.full().find(next) >= 0) {
        events.count(WorldEvent.HIT_LIMITED_BY_WINDOW);
      } else if (everComputed.contains(next)) {
        events.count(WorldEvent.EVICTED);
      }
    }
  }

  private static void checkStarted(StepPlan plan, List<TrackedSequence> begun) {
    List<Sequence> started = new ArrayList<>();
    for (TrackedSequence tracked : begun) {
      if (!tracked.everRan) {
        started.add(tracked.sequence);
      }
      tracked.everRan = true;
    }
    assertEquals(started, plan.started());
  }

  /** A running sequence is in every step until it ends, is paused or preempted. */
  private boolean checkPreempted(
      Collection<TrackedSequence> live, List<TrackedSequence> going, List<TrackedSequence> begun) {
    long before = preemptions;
    long ran =
        live.stream()
            .filter(tracked -> tracked.place == Place.RUNNING)
            .map(TrackedSequence::tenant)
            .distinct()
            .count();
    for (TrackedSequence tracked : live) {
      if (tracked.place == Place.RUNNING && !tracked.inStep) {
        if (isForMoved(tracked, begun)) {
          checkIsLastPrompt(tracked, going);
          events.count(WorldEvent.MADE_WAY_FOR_MOVED);
        } else if (begun.isEmpty() && isForMoved(tracked, waiting(live))) {
          events.count(WorldEvent.MADE_WAY_IN_VAIN);
        } else {
          assertTrue(begun.isEmpty(), "what was taken from one is not for another that begins");
          checkGivesWay(tracked, going, ran > 1);
        }
        tracked.place = Place.WAITING;
        tracked.lengthWhenItQueued = tracked.length();
        tracked.computed = 0;
        preemptions++;
        events.count(WorldEvent.PREEMPTED);
      }
    }
    return preemptions > before;
  }

  private static List<TrackedSequence> waiting(Collection<TrackedSequence> live) {
    return live.stream().filter(tracked -> tracked.place == Place.WAITING).toList();
  }

  /** Whether it was a prompt, and before one of its tenant that had to move here. */
  private static boolean isForMoved(TrackedSequence preempted, List<TrackedSequence> others) {
    return preempted.sequence.generated() == 0
        && others.stream()
            .anyMatch(
                moved ->
                    moved.sequence.standsStill()
                        && moved.tenant().equals(preempted.tenant())
                        && moved.isBefore(preempted));
  }

  private static void checkIsLastPrompt(TrackedSequence preempted, List<TrackedSequence> kept) {
    for (TrackedSequence other : kept) {
      boolean behind =
          other.sequence.generated() == 0
              && other.tenant().equals(preempted.tenant())
              && preempted.isBefore(other);
      assertFalse(behind, "the last prompt gives way first");
    }
  }

  /** One that has given way was not the first, and none of its tenant that was behind it stays. */
  private static void checkGivesWay(
      TrackedSequence preempted, List<TrackedSequence> kept, boolean several) {
    assertFalse(kept.isEmpty(), "some sequence always gets on");
    for (TrackedSequence other : kept.subList(1, kept.size())) {
      boolean behind = other.tenant().equals(preempted.tenant()) && preempted.isBefore(other);
      assertFalse(behind, "the highest rank of a tenant gives way first");
    }
    TrackedSequence first = kept.getFirst();
    assertTrue(
        several ? first.arrival < preempted.arrival : first.isBefore(preempted),
        "the oldest never gives way");
  }

  /** A sequence that has begun overtook others of its tenant for a known reason only. */
  private void checkOvertaken(
      TrackedSequence begun, Collection<TrackedSequence> live, StepPlan plan) {
    for (TrackedSequence other : live) {
      if (other.place != Place.WAITING || !other.tenant().equals(begun.tenant())) {
        continue;
      }
      if (other.isBefore(begun)) {
        assertTrue(waitsForPrefix(other, plan), "a sequence was overtaken for no reason");
        events.count(WorldEvent.OVERTAKEN_FOR_PREFIX);
      } else if (other.arrival < begun.arrival) {
        events.count(WorldEvent.OVERTAKEN_BY_PRIORITY);
      }
    }
  }

  /** Whether the next block of a sequence may be one that another of the step is computing. */
  private boolean waitsForPrefix(TrackedSequence waiting, StepPlan plan) {
    for (Share share : plan.shares()) {
      int computed = share.firstPosition() / blockTokens;
      int common = waiting.commonBlocks(bySequence.get(share.sequence()), blockTokens);
      if (sharesPrefixes && common > computed && computed < (waiting.length() - 1) / blockTokens) {
        return true;
      }
    }
    return false;
  }

  /**
   * What is being computed is not begun a second time; unless two of one text compute already,
   * since one has found its window gone, and the first of them ends.
   */
  private void checkNotInWork(TrackedSequence begun, StepPlan plan) {
    int next = begun.computed / blockTokens;
    for (Share share : plan.shares()) {
      TrackedSequence other = bySequence.get(share.sequence());
      if (other == begun) {
        return;
      }
      boolean inWork =
          next < (begun.length() - 1) / blockTokens
              && share.firstPosition() / blockTokens <= next
              && next < other.lengthWhenItBegan / blockTokens
              && begun.commonBlocks(other, blockTokens) > next;
      events.add(WorldEvent.COMPUTED_TWICE, sharesPrefixes && inWork ? 1 : 0);
    }
  }

  /** Where there is room for everybody who waits, nobody does. */
  private void checkNobodyWaitsForNothing(StepPlan plan, Collection<TrackedSequence> live) {
    if (plan.rows() == limits.tokenBudget() || plan.shares().size() == limits.maxRunning()) {
      return;
    }
    int promised = 0;
    int waiting = 0;
    for (TrackedSequence tracked : live) {
      if (tracked.place == Place.RUNNING) {
        promised += blocksSoon(tracked) - tracked.sequence.kv().fullBlocks();
      }
    }
    for (TrackedSequence tracked : live) {
      if (tracked.place == Place.WAITING) {
        int full = blocksSoon(tracked);
        int sliding = cache.layout().slidingBlocksFor(limits.prefillChunk());
        if (promised + full > cache.full().freeBlocks() || sliding > cache.sliding().freeBlocks()) {
          // Nobody overtakes one that does not fit.
          return;
        }
        waiting += waitsForPrefix(tracked, plan) ? 0 : 1;
      }
    }
    assertEquals(0, waiting, "there is room for all that wait, and they wait");
  }

  /** Blocks of the full layers that a sequence takes until it has a block's tokens more. */
  private int blocksSoon(TrackedSequence tracked) {
    Sequence sequence = tracked.sequence;
    int limit =
        Math.min(limits.contextLimit(), sequence.promptLength() + sequence.params().maxTokens());
    return cache.layout().fullBlocksFor(Math.min(limit - 1, tracked.length() + blockTokens));
  }
}
