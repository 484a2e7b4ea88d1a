package io.rack72.schedule;

import static io.rack72.sampling.ParamsBuilder.params;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.TinyLayouts;
import io.rack72.model.StepBatch;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final int[] NOTHING = {};

  @Test
  void aLongPromptGoesInChunksBesideTheDecodes() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(10, 8, 4, 10, 100), cache(40, 40));
    Sequence decoding = accept(scheduler, "a", 3, 50);
    assertEquals("a:0+3*", run(scheduler));
    accept(scheduler, "b", 20, 50);
    assertEquals("a:3+1* b:0+8", run(scheduler));
    assertEquals("a:4+1* b:8+8", run(scheduler));
    assertEquals("a:5+1* b:16+4*", run(scheduler));
    assertEquals("a:6+1* b:20+1*", run(scheduler));
    assertEquals(5, decoding.generated());
  }

  @Test
  void theBudgetIsSharedInOrderAndEveryRunningSequenceIsInEveryStep() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(8, 8, 3, 10, 100), cache(60, 60));
    accept(scheduler, "a", 2, 50);
    accept(scheduler, "b", 3, 50);
    accept(scheduler, "c", 40, 50);
    accept(scheduler, "d", 1, 50);
    assertEquals("a:0+2* b:0+3* c:0+3", run(scheduler));
    assertEquals("a:2+1* b:3+1* c:3+6", run(scheduler));

    Scheduler crowded = new Scheduler(new SchedulerLimits(6, 6, 3, 10, 100), cache(60, 60));
    accept(crowded, "a", 4, 50);
    accept(crowded, "b", 30, 50);
    assertEquals("a:0+4* b:0+2", run(crowded));
    accept(crowded, "c", 30, 50);
    assertEquals("a:4+1* b:2+5", run(crowded));
    // Nothing is left for c until b's prompt is done; a never waits.
    for (int step = 0; step < 4; step++) {
      assertTrue(run(crowded).startsWith("a:"));
    }
    assertEquals("a:9+1* b:27+3* c:0+2", run(crowded));
    assertEquals("a:10+1* b:30+1* c:2+4", run(crowded));
  }

  @Test
  void waitingSequencesStartInTheOrderOfTheirArrivalEvenIfALaterOneWouldFit() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 30), cache(6, 20));
    accept(scheduler, "a", 12, 4);
    accept(scheduler, "b", 16, 1);
    accept(scheduler, "c", 1, 1);
    // Blocks of 4: a's 12 tokens take 3 of 6, b's 16 would take 4, c's one.
    assertEquals("a:0+12*", run(scheduler));
    assertEquals("a:12+1*", run(scheduler));
    assertEquals("a:13+1*", run(scheduler));
    assertEquals("a:14+1*", run(scheduler));
    assertEquals("b:0+16*", run(scheduler));
    assertEquals("c:0+1*", run(scheduler));
  }

  @Test
  void aPromptBeginsOnlyWhenAllOfItFits() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 4, 4, 10, 30), cache(6, 20));
    accept(scheduler, "a", 9, 2);
    accept(scheduler, "b", 16, 1);
    // Blocks of 4: a takes 3 of 6 in the end, and b's first chunk would fit, but not its fourth.
    assertEquals("a:0+4", run(scheduler));
    assertEquals("a:4+4", run(scheduler));
    assertEquals("a:8+1*", run(scheduler));
    assertEquals("a:9+1*", run(scheduler));
    assertEquals("b:0+4", run(scheduler));
  }

  @Test
  void theYoungestIsPreemptedAndComputedAgainFromItsTokens() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 30), cache(7, 20));
    accept(scheduler, "a", 7, 8);
    Sequence young = accept(scheduler, "b", 8, 8);
    accept(scheduler, "c", 1, 1);
    // Blocks of 4: a takes 2, b takes 2, c one, and the last two are for a's and b's next tokens.
    assertEquals("a:0+7* b:0+8* c:0+1*", run(scheduler));
    for (int position = 7; position <= 11; position++) {
      assertEquals("a:%d+1* b:%d+1*".formatted(position, position + 1), run(scheduler));
    }
    assertEquals(6, young.generated());
    // a's 13th token needs a block, which b must give back, as well as all of its own.
    assertEquals("a:12+1*", run(scheduler));
    assertEquals(1, scheduler.load().preemptions());
    assertEquals(0, young.computed());
    assertEquals(0, young.kv().fullBlocks());
    // The 14 tokens of b need 4 blocks, and a keeps 4 of 7 until it ends.
    assertEquals("a:13+1*", run(scheduler));
    // What a took of b's blocks was the end; the beginning is still there.
    assertEquals("b:12+2*", run(scheduler));
    assertEquals("b:14+1*", run(scheduler));
  }

  @Test
  void nothingIsAdmittedInAStepThatPreempted() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 30), cache(6, 20));
    accept(scheduler, "a", 8, 8);
    accept(scheduler, "b", 8, 8);
    assertEquals("a:0+8* b:0+8*", run(scheduler));
    for (int position = 8; position <= 11; position++) {
      assertEquals("a:%d+1* b:%d+1*".formatted(position, position), run(scheduler));
    }
    Standing first = new Standing("", 1, -1, "");
    accepted(scheduler.add(id("c"), new int[1], NOTHING, length(1), first));
    assertEquals("a:12+1*", run(scheduler), "c waits, although it is next and would fit");
    assertEquals("a:13+1* c:0+1*", run(scheduler));
  }

  @Test
  void aBatchHasTheTokensAndPlacesOfItsPlan() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(10, 4, 4, 10, 100), cache(40, 40));
    Sequence first =
        accepted(
            scheduler.add(id("a"), new int[] {1, 2}, new int[] {3}, length(9), Standing.DEFAULT));
    accepted(
        scheduler.add(id("b"), new int[] {5, 6, 7, 8, 9}, NOTHING, length(9), Standing.DEFAULT));
    StepPlan plan = scheduler.step().orElseThrow();
    StepBatch batch = plan.batch();
    assertArrayEquals(new int[] {1, 2, 3, 5, 6, 7, 8}, batch.tokenIds());
    assertEquals(1, batch.logitRows());
    StepBatch.Slice slice = batch.slices().getFirst();
    assertEquals(new StepBatch.Slice(first.kv(), 0, 3, 0, 1), slice);
    scheduler.complete(plan);
    first.append(token(4));
    batch = scheduler.step().orElseThrow().batch();
    assertArrayEquals(new int[] {4, 9}, batch.tokenIds());
    assertEquals(3, batch.slices().getFirst().firstPosition());
    assertEquals(4, batch.slices().getLast().firstPosition());
    assertEquals(2, batch.logitRows());
  }

  @Test
  void aSequenceThatCouldNeverFitIsRefusedWithTheNumbers() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(5, 20));
    accept(scheduler, "fits", 11, 10);
    assertRefused(
        Admission.Reason.TOO_LARGE,
        "prompt and reply of 22 tokens need 6 KV blocks, and the GPU has 5",
        scheduler.add(id("a"), new int[11], NOTHING, length(11), Standing.DEFAULT));
    assertRefused(
        Admission.Reason.TOO_LARGE,
        "the prompt's 50 tokens leave no room for a reply in a context of 50",
        scheduler.add(id("a"), new int[50], NOTHING, length(1), Standing.DEFAULT));
  }

  @Test
  void theContextLimitCapsWhatAReplyMayTake() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 21), cache(5, 20));
    Sequence capped = accept(scheduler, "a", 11, Integer.MAX_VALUE);
    while (scheduler.load().running() + scheduler.load().waiting() > 0) {
      run(scheduler);
    }
    assertEquals(21, capped.length());
    assertEquals(Optional.of(FinishReason.LENGTH), capped.finish());
  }

  @Test
  void whatACheckedClientWouldNotSendIsRefusedNotThrown() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(5, 20));
    assertRefused(
        Admission.Reason.INVALID,
        "a prompt has at least one token, not none",
        scheduler.add(id("a"), NOTHING, NOTHING, length(1), Standing.DEFAULT));
    assertRefused(
        Admission.Reason.INVALID,
        "token ids are 0 to 99, not 100",
        scheduler.add(id("a"), new int[] {1, 100}, NOTHING, length(1), Standing.DEFAULT));
    assertRefused(
        Admission.Reason.INVALID,
        "token ids are 0 to 99, not -1",
        scheduler.add(id("a"), new int[] {1}, new int[] {-1}, length(5), Standing.DEFAULT));
    assertRefused(
        Admission.Reason.INVALID,
        "a token id in logit_bias is 0 to 99, not 100",
        scheduler.add(
            id("a"),
            new int[1],
            NOTHING,
            params().logitBias(Map.of(100, 1f)).build(),
            Standing.DEFAULT));
    assertRefused(
        Admission.Reason.INVALID,
        "the sequence has ended: its 3 generated tokens are its limit",
        scheduler.add(id("a"), new int[1], new int[3], length(3), Standing.DEFAULT));
    assertEquals(0, scheduler.load().waiting());
  }

  @Test
  void theQueueIsBounded() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 1, 2, 50), cache(5, 20));
    accept(scheduler, "a", 3, 3);
    accept(scheduler, "b", 3, 3);
    assertRefused(
        Admission.Reason.FULL,
        "2 sequences are waiting already, where 2 may, and of these 2 are this client's, whose part"
            + " is 2",
        scheduler.add(id("c"), new int[3], NOTHING, length(3), Standing.DEFAULT));
    run(scheduler);
    accept(scheduler, "c", 3, 3);
  }

  @Test
  void aFullQueueTakesThoseWhoHaveLessThanTheirPart() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 1, 4, 50), cache(5, 20));
    for (int i = 0; i < 4; i++) {
      accept(scheduler, "a" + i, 3, 3);
    }
    Standing other = new Standing("other", 1, 0, "");
    accepted(scheduler.add(id("b0"), new int[3], NOTHING, length(3), other));
    accepted(scheduler.add(id("b1"), new int[3], NOTHING, length(3), other));
    assertRefused(
        Admission.Reason.FULL,
        "6 sequences are waiting already, where 4 may, and of these 2 are this client's, whose part"
            + " is 2",
        scheduler.add(id("b2"), new int[3], NOTHING, length(3), other));
  }

  @Test
  void promptsAreHeldBackByAsManyDecodesAndNotByFewer() {
    SchedulerLimits limits = new SchedulerLimits(32, 8, 2, 8, 10, Long.MAX_VALUE, 1, 100);
    Scheduler scheduler = new Scheduler(limits, cache(60, 60));
    accept(scheduler, "a", 3, 50);
    assertEquals("a:0+3*", run(scheduler));
    accept(scheduler, "b", 20, 50);
    assertEquals("a:3+1* b:0+2", run(scheduler), "one prompt beside one reply is held back");
    accept(scheduler, "c", 20, 50);
    assertEquals("a:4+1* b:2+8 c:0+8", run(scheduler), "two are not");
  }

  @Test
  void sequenceThatGoesOnInTheMiddleOfItsReplyIsNotHeldBack() {
    SchedulerLimits limits = new SchedulerLimits(32, 8, 2, 8, 10, Long.MAX_VALUE, 1, 100);
    Scheduler scheduler = new Scheduler(limits, cache(60, 60));
    accept(scheduler, "a", 3, 50);
    assertEquals("a:0+3*", run(scheduler));
    accepted(
        scheduler.add(id("b"), new int[20], new int[] {7}, length(50), Standing.DEFAULT, true));
    assertEquals("a:3+1* b:0+8", run(scheduler));
    scheduler.pause(id("b"));
    accept(scheduler, "c", 20, 50);
    assertEquals("a:4+1* c:0+2", run(scheduler), "unless nobody reads it");
  }

  @Test
  void sequenceThatGoesOnInTheMiddleOfItsReplyIsBeforePromptsAndTheyAreHeldBack() {
    SchedulerLimits limits = new SchedulerLimits(32, 8, 2, 8, 10, Long.MAX_VALUE, 100, 100);
    Scheduler scheduler = new Scheduler(limits, cache(90, 90));
    accept(scheduler, "a", 40, 50);
    accept(scheduler, "c", 40, 50);
    accept(scheduler, "d", 40, 50);
    accept(scheduler, "e", 40, 50);
    accept(scheduler, "f", 20, 50);
    assertEquals("a:0+8 c:0+8 d:0+8 e:0+8", run(scheduler));
    accepted(
        scheduler.add(
            id("b"),
            new int[] {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9},
            new int[] {7},
            length(50),
            Standing.DEFAULT,
            true));
    assertEquals("a:8+2 c:8+1 d:8+1 e:8+1 b:0+8", run(scheduler));
    assertEquals("b:8+8 a:10+2 c:9+1 d:9+1 e:9+1", run(scheduler));
    assertEquals("b:16+5* a:12+2 c:10+1 d:10+1 e:10+1", run(scheduler));
    assertEquals("b:21+1* a:14+8 c:11+8 d:11+8 e:11+7", run(scheduler), "then they go on");
  }

  @Test
  void sequenceThatGoesOnHoldsNobodyBackWhileOtherTenantsAreBeforeIt() {
    SchedulerLimits limits = new SchedulerLimits(32, 8, 2, 3, 10, Long.MAX_VALUE, 100, 100);
    Scheduler scheduler = new Scheduler(limits, cache(90, 90));
    Standing much = new Standing("much", 1, 0, "");
    accept(scheduler, "a", 3, 50);
    accepted(scheduler.add(id("x"), new int[24], NOTHING, length(1), much));
    assertEquals("a:0+3* x:0+8", run(scheduler));
    assertEquals("a:3+1* x:8+2", run(scheduler));
    while (scheduler.sequence(id("x")).isPresent()) {
      run(scheduler);
    }
    accept(scheduler, "c", 40, 50);
    accept(scheduler, "g", 40, 50);
    accept(scheduler, "e", 40, 50);
    accepted(scheduler.add(id("b"), new int[20], new int[] {7}, length(50), much, true));
    int replies = scheduler.sequence(id("a")).orElseThrow().generated();
    String a = "a:" + (2 + replies) + "+1* ";
    assertEquals(a + "c:0+8 g:0+8", run(scheduler), "its tenant has had more than theirs");
    a = "a:" + (3 + replies) + "+1* ";
    assertEquals(a + "c:8+2 g:8+1", run(scheduler), "now it is next");
  }

  @Test
  void aPromptBeginsOnlyWhereTheOthersHaveRoomToGoOn() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 16, 8, 10, 100), cache(5, 40));
    accept(scheduler, "a", 7, 5);
    assertEquals("a:0+7*", run(scheduler));
    accept(scheduler, "b", 9, 9);
    for (int position = 7; position < 11; position++) {
      assertEquals(
          "a:" + position + "+1*", run(scheduler), "it would take the block that a needs next");
    }
    assertEquals("b:0+9*", run(scheduler));
    assertEquals(0, scheduler.load().preemptions());
  }

  @Test
  void promptsMakeWayForOneThatHadToMoveHere() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 4, 8, 10, 60), cache(11, 40));
    accept(scheduler, "a", 4, 4);
    accept(scheduler, "b", 12, 4);
    accept(scheduler, "c", 12, 4);
    accept(scheduler, "d", 8, 1);
    assertEquals("a:0+4* b:0+4 c:0+4", run(scheduler), "d has no room");
    int[] others = new int[15];
    Arrays.fill(others, 9);
    accepted(scheduler.add(id("m"), others, new int[] {7}, length(4), Standing.DEFAULT, true));
    assertEquals("a:4+1* b:4+4 m:0+4", run(scheduler), "c made way");
    assertEquals(1, scheduler.load().preemptions());
    assertEquals(0, scheduler.sequence(id("c")).orElseThrow().computed());
  }

  @Test
  void promptsMakeWayWhereThereIsNoPlace() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 4, 2, 10, 60), cache(40, 40));
    accept(scheduler, "a", 4, 9);
    accept(scheduler, "b", 20, 9);
    assertEquals("a:0+4* b:0+4", run(scheduler));
    int[] others = new int[8];
    Arrays.fill(others, 9);
    accepted(scheduler.add(id("m"), others, new int[] {7}, length(4), Standing.DEFAULT, true));
    assertEquals("a:4+1* m:0+4", run(scheduler));
    assertEquals("m:4+4 a:5+1*", run(scheduler));
    assertEquals("m:8+1* a:6+1*", run(scheduler));
  }

  @Test
  void promptsMakeNoWayWithBlocksThatOthersHoldToo() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 4, 8, 10, 60), cache(15, 40));
    accept(scheduler, "a", 16, 9);
    for (String expected : List.of("a:0+4", "a:4+4", "a:8+4", "a:12+4*")) {
      assertEquals(expected, run(scheduler));
    }
    int[] longer = new int[28];
    Arrays.fill(longer, 0, 16, 'a' % 100);
    accepted(scheduler.add(id("b"), longer, NOTHING, length(4), Standing.DEFAULT));
    assertEquals("a:16+1* b:16+4", run(scheduler), "b shares four blocks of a");
    int[] others = new int[39];
    Arrays.fill(others, 9);
    accepted(scheduler.add(id("m"), others, new int[] {7}, length(4), Standing.DEFAULT, true));
    assertEquals("a:17+1* b:20+4", run(scheduler), "b's own blocks would not do");
  }

  @Test
  void nobodyMakesWayForOneThatWouldNotFitAllTheSame() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 4, 8, 10, 60), cache(12, 40));
    accept(scheduler, "a", 4, 4);
    accept(scheduler, "b", 24, 4);
    assertEquals("a:0+4* b:0+4", run(scheduler));
    assertEquals("a:4+1* b:4+4", run(scheduler));
    int[] others = new int[43];
    Arrays.fill(others, 9);
    accepted(scheduler.add(id("m"), others, new int[] {7}, length(4), Standing.DEFAULT, true));
    assertEquals("a:5+1* b:8+4", run(scheduler));
  }

  @Test
  void promptsOfOtherTenantsMakeNoWay() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 4, 8, 10, 60), cache(8, 40));
    accept(scheduler, "a", 24, 4);
    assertEquals("a:0+4", run(scheduler));
    Standing other = new Standing("other", 1, 0, "");
    accepted(scheduler.add(id("m"), new int[12], new int[] {7}, length(4), other, true));
    assertEquals("a:4+4", run(scheduler));
  }

  @Test
  void aStandstillElsewhereHoldsAllPromptsBack() {
    SchedulerLimits limits = new SchedulerLimits(32, 8, 2, 8, 10, Long.MAX_VALUE, 1, 100);
    Scheduler scheduler = new Scheduler(limits, cache(60, 60));
    accept(scheduler, "a", 20, 50);
    accept(scheduler, "b", 20, 50);
    assertEquals("a:0+2", run(scheduler, Urgency.STANDSTILL));
    assertEquals("a:2+8 b:0+8", run(scheduler, Urgency.DECODES), "two are not by decodes there");
  }

  @Test
  void aMovedSequenceIsUrgentUntilItsFirstTokenHere() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(32, 8, 8, 10, 100), cache(60, 60));
    accept(scheduler, "a", 3, 50);
    assertEquals(Urgency.PROMPTS, urgencyOfNext(scheduler));
    assertEquals(Urgency.DECODES, urgencyOfNext(scheduler));
    accepted(
        scheduler.add(id("b"), new int[10], new int[] {7}, length(50), Standing.DEFAULT, true));
    assertEquals(Urgency.STANDSTILL, urgencyOfNext(scheduler));
    assertEquals(Urgency.STANDSTILL, urgencyOfNext(scheduler), "the second chunk");
    assertEquals(Urgency.DECODES, urgencyOfNext(scheduler));
  }

  @Test
  void whatTakesMoreThanSixteenWholeStepsIsNotUrgent() {
    for (int prompt = 63; prompt <= 64; prompt++) {
      Scheduler scheduler = new Scheduler(new SchedulerLimits(4, 4, 4, 10, 100), cache(60, 60));
      accepted(
          scheduler.add(
              id("m"), new int[prompt], new int[] {7}, length(30), Standing.DEFAULT, true));
      assertEquals(prompt == 63 ? Urgency.STANDSTILL : Urgency.PROMPTS, urgencyOfNext(scheduler));
    }
  }

  @Test
  void pausedSequencesKeepNobodyOut() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 1, 2, 50), cache(5, 20));
    for (int i = 0; i < 32; i++) {
      accept(scheduler, "a" + i, 3, 3);
      scheduler.pause(id("a" + i));
    }
    assertRefused(
        Admission.Reason.FULL,
        "32 sequences wait for slow readers, which is the limit",
        scheduler.add(id("b"), new int[3], NOTHING, length(3), Standing.DEFAULT));
    scheduler.resume(id("a0"));
    accept(scheduler, "b", 3, 3);
  }

  @Test
  void ofSeveralTenantsTheOneThatHasHadTheMostGivesWayWhateverThePriorities() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 30), cache(7, 20));
    accept(scheduler, "a", 7, 8);
    Standing urgent = new Standing("other", 1, -1000, "");
    accepted(scheduler.add(id("b"), new int[8], NOTHING, length(8), urgent));
    assertEquals("a:0+7* b:0+8*", run(scheduler));
    for (int position = 7; position < 12; position++) {
      assertEquals("a:%d+1* b:%d+1*".formatted(position, position + 1), run(scheduler));
    }
    // Each needs a fourth block, and one was left: b has had more, and its priority is its own
    // affair.
    assertEquals("a:12+1*", run(scheduler));
    assertEquals(1, scheduler.load().preemptions());
  }

  @Test
  void blocksOfAStepInFlightAreGivenToNobody() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(5, 20));
    accept(scheduler, "a", 12, 4);
    StepPlan plan = scheduler.step().orElseThrow();
    assertTrue(scheduler.abort(id("a")));
    assertFalse(scheduler.abort(id("a")));
    assertEquals(2, scheduler.load().freeFullBlocks());
    // The id is free at once: the same request may come again while its old step runs.
    accept(scheduler, "a", 12, 4);
    scheduler.complete(plan);
    assertEquals(5, scheduler.load().freeFullBlocks());
    assertEquals("a:0+12*", run(scheduler));
    assertTrue(scheduler.abort(id("a")));
    assertEquals(5, scheduler.load().freeFullBlocks(), "no step is in flight: at once");
    assertEquals(Optional.empty(), scheduler.step());
  }

  @Test
  void aWaitingSequenceCanBeAborted() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 1, 10, 50), cache(5, 20));
    accept(scheduler, "a", 4, 4);
    accept(scheduler, "b", 4, 4);
    accept(scheduler, "c", 4, 1);
    run(scheduler);
    assertTrue(scheduler.abort(id("b")));
    assertTrue(scheduler.abort(id("a")));
    assertEquals("c:0+4*", run(scheduler));
    assertEquals(new SchedulerLoad(0, 0, 0, 0, 5, 20, 0, 8, 0), scheduler.load());
  }

  @Test
  void chunksShrinkToWhatTheSlidingPoolCanHold() {
    // A window of 4 and 3 blocks of 4: 9 positions wherever they begin, so 6 rows.
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(20, 3));
    accept(scheduler, "a", 20, 4);
    assertEquals("a:0+6", run(scheduler));
    assertEquals("a:6+6", run(scheduler));
    IllegalArgumentException tooSmall =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(20, 1)));
    assertEquals(
        "a window of 4 tokens needs 2 KV blocks, and the GPU has 1", tooSmall.getMessage());
  }

  @Test
  void misuseIsSaid() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 16, 4, 10, 50), cache(20, 20));
    Sequence sequence = accept(scheduler, "a", 3, 4);
    assertThrows(
        IllegalArgumentException.class,
        () -> scheduler.add(id("a"), new int[1], NOTHING, length(1), Standing.DEFAULT));
    StepPlan plan = scheduler.step().orElseThrow();
    assertThrows(IllegalStateException.class, scheduler::step);
    scheduler.complete(plan);
    assertThrows(IllegalStateException.class, () -> scheduler.complete(plan));
    String forgotten = assertThrows(IllegalStateException.class, scheduler::step).getMessage();
    assertTrue(forgotten.contains("sampled token was not appended"), forgotten);
    scheduler.finish(sequence);
    assertThrows(IllegalArgumentException.class, () -> scheduler.finish(sequence));
  }

  @Test
  void limitsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new SchedulerLimits(3, 1, 4, 1, 10));
    assertThrows(IllegalArgumentException.class, () -> new SchedulerLimits(4, 0, 4, 1, 10));
    assertThrows(IllegalArgumentException.class, () -> new SchedulerLimits(4, 1, 0, 1, 10));
    assertThrows(IllegalArgumentException.class, () -> new SchedulerLimits(4, 1, 4, 0, 10));
    assertThrows(IllegalArgumentException.class, () -> new SchedulerLimits(4, 1, 4, 1, 1));
  }

  @Test
  void loadCountsWhatIsToBeComputed() {
    Scheduler scheduler = new Scheduler(new SchedulerLimits(16, 4, 1, 10, 50), cache(20, 20));
    Sequence sequence = accept(scheduler, "a", 6, 4);
    accept(scheduler, "b", 5, 4);
    assertEquals(new SchedulerLoad(2, 11, 0, 0, 20, 20, 0, 0, 0), scheduler.load());
    run(scheduler);
    assertEquals(new SchedulerLoad(1, 5, 1, 0, 19, 19, 0, 4, 0), scheduler.load());
    assertSame(sequence, scheduler.sequence(id("a")).orElseThrow());
    assertEquals(Optional.empty(), scheduler.sequence(id("z")));
  }

  /** Runs a step and tells its shares, as {@code id:firstPosition+rows}, with a star for logits. */
  private static String run(Scheduler scheduler) {
    return run(scheduler, Urgency.PROMPTS);
  }

  private static String run(Scheduler scheduler, Urgency others) {
    StepPlan plan = scheduler.step(others).orElseThrow();
    complete(scheduler, plan);
    return SchedulerDriver.told(plan);
  }

  private static Urgency urgencyOfNext(Scheduler scheduler) {
    StepPlan plan = scheduler.step().orElseThrow();
    Urgency urgency = plan.urgency();
    complete(scheduler, plan);
    return urgency;
  }

  private static void complete(Scheduler scheduler, StepPlan plan) {
    scheduler.complete(plan);
    for (StepPlan.Share share : plan.shares()) {
      if (share.needsLogits() && share.sequence().append(token(1)).isPresent()) {
        scheduler.finish(share.sequence());
      }
    }
  }

  private static Sequence accept(Scheduler scheduler, String id, int prompt, int maxTokens) {
    int[] tokens = new int[prompt];
    // Another text for each id, so that they share nothing.
    Arrays.fill(tokens, id.charAt(0) % 100);
    return accepted(scheduler.add(id(id), tokens, NOTHING, length(maxTokens), Standing.DEFAULT));
  }

  private static Sequence accepted(Admission admission) {
    return assertInstanceOf(Admission.Accepted.class, admission).sequence();
  }

  private static void assertRefused(Admission.Reason reason, String detail, Admission admission) {
    assertEquals(new Admission.Refused(reason, detail), admission);
  }

  private static SequenceId id(String request) {
    return new SequenceId(request, 0);
  }

  private static SamplingParams length(int maxTokens) {
    return params().tokens(0, maxTokens).build();
  }

  private static SampledToken token(int id) {
    return new SampledToken(id, Float.NaN, new int[0], new float[0]);
  }

  /** One full and one sliding layer, a window of 4, blocks of 4. */
  private static KvCache cache(int fullBlocks, int slidingBlocks) {
    return new KvCache(TinyLayouts.layout("sf", 4, 1000, 4), fullBlocks, slidingBlocks);
  }
}
