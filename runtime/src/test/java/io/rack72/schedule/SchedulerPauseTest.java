package io.rack72.schedule;

import static io.rack72.schedule.SchedulerDriver.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.sampling.SampledToken;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SchedulerPauseTest {
  private final SchedulerDriver driver =
      new SchedulerDriver(new SchedulerLimits(16, 8, 2, 3, 40), 10, 10);
  private final Scheduler scheduler = driver.scheduler;

  @Test
  void aPausedSequenceGivesItsBlocksAndGoesOnFromThemWhenItIsResumed() {
    Sequence sequence = driver.accept("a", 8, 9);
    driver.run();
    driver.run();
    scheduler.pause(id("a"));
    assertPaused(1);
    assertEquals(Optional.empty(), scheduler.step());
    scheduler.resume(id("a"));
    assertEquals("a:8+2*", driver.run());
    assertEquals(0, scheduler.load().preemptions());
    assertEquals(0, sequence.cachedTokens(), "it found nothing when it first began");
    assertEquals(0, scheduler.load().cachedTokens(), "and what it finds again is its own");
  }

  @Test
  void oneThatIsPausedInAStepGetsTheTokenOfTheStep() {
    Sequence sequence = driver.accept("a", 3, 9);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.pause(id("a"));
    assertEquals(1, scheduler.load().running());
    assertEquals(0, scheduler.load().paused());
    assertTrue(scheduler.load().freeFullBlocks() < 10, "the step still writes to its blocks");
    scheduler.complete(plan);
    assertPaused(1);
    driver.append(plan);
    assertEquals(1, sequence.generated());
    assertEquals(Optional.empty(), scheduler.step());
    scheduler.resume(id("a"));
    assertEquals("a:0+4*", driver.run());
  }

  @Test
  void oneThatIsPausedInItsLastStepEnds() {
    driver.accept("a", 3, 1);
    driver.accept("b", 3, 1);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.pause(id("a"));
    scheduler.pause(id("b"));
    Sequence early = scheduler.sequence(id("b")).orElseThrow();
    early.append(new SampledToken(1, Float.NaN, new int[0], new float[0]));
    scheduler.finish(early);
    scheduler.complete(plan);
    assertPaused(1);
    driver.append(plan);
    assertPaused(0);
    assertEquals(Optional.empty(), scheduler.sequence(id("a")));
  }

  @Test
  void aPauseThatIsTakenBackBeforeTheStepIsCompleteChangesNothing() {
    driver.accept("a", 3, 9);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.pause(id("a"));
    scheduler.resume(id("a"));
    scheduler.complete(plan);
    driver.append(plan);
    assertEquals("a:3+1*", driver.run());
  }

  @Test
  void aWaitingSequenceCanBePausedAndWaitsAgainInItsOldPlace() {
    driver.accept("a", 3, 2);
    driver.accept("b", 3, 2);
    driver.accept("c", 3, 2);
    scheduler.pause(id("a"));
    assertEquals(6, scheduler.load().waitingTokens());
    scheduler.resume(id("a"));
    assertEquals("a:0+3* b:0+3*", driver.run());
  }

  @Test
  void pausingTwiceIsPausingOnce() {
    driver.accept("a", 3, 9);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.pause(id("a"));
    scheduler.pause(id("a"));
    scheduler.complete(plan);
    scheduler.pause(id("a"));
    driver.append(plan);
    assertPaused(1);
    scheduler.resume(id("a"));
    scheduler.resume(id("a"));
    assertEquals("a:0+4*", driver.run());
    scheduler.pause(id("nobody"));
    scheduler.resume(id("nobody"));
    scheduler.resume(id("a"));
    assertEquals("a:4+1*", driver.run());
    assertEquals(0, scheduler.load().paused());
  }

  @Test
  void aPausedSequenceCanBeAborted() {
    driver.accept("a", 3, 9);
    driver.run();
    scheduler.pause(id("a"));
    assertTrue(scheduler.abort(id("a")));
    assertPaused(0);
    driver.accept("b", 3, 9);
    StepPlan plan = scheduler.step().orElseThrow();
    scheduler.pause(id("b"));
    assertTrue(scheduler.abort(id("b")));
    scheduler.complete(plan);
    assertPaused(0);
  }

  @Test
  void anotherComputesThePrefixWhenTheOneThatDidIsPaused() {
    driver.accept("a1", SchedulerDriver.filled(20, 'a'), 2, Standing.DEFAULT);
    driver.accept("a2", SchedulerDriver.filled(20, 'a'), 2, Standing.DEFAULT);
    assertEquals("a1:0+8", driver.run());
    scheduler.pause(id("a1"));
    assertEquals("a2:8+8", driver.run());
    scheduler.resume(id("a1"));
    assertEquals("a2:16+4* a1:16+4*", driver.run());
  }

  private void assertPaused(int count) {
    assertEquals(count, scheduler.load().paused());
    assertEquals(0, scheduler.load().running());
    assertEquals(0, scheduler.load().waiting());
    assertEquals(10, scheduler.load().freeFullBlocks());
    assertEquals(10, scheduler.load().freeSlidingBlocks());
  }
}
