package io.rack72.schedule;

import static io.rack72.schedule.SchedulerDriver.filled;
import static io.rack72.schedule.SchedulerDriver.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.sampling.ParamsBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Prefixes, priorities and the length of the queue. */
class SchedulerSharingTest {
  private static final int[] TEXT = filled(20, 'x');

  @Test
  void whatManyShareIsComputedOnce() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(40, 8, 4, 9, 60), 40, 40);
    driver.accept("a", TEXT, 4, Standing.DEFAULT);
    driver.accept("b", TEXT, 4, Standing.DEFAULT);
    driver.accept("c", 3, 4);
    assertEquals("a:0+8 c:0+3*", driver.run());
    assertEquals("a:8+8 c:3+1*", driver.run());
    assertEquals("a:16+4* c:4+1* b:16+4*", driver.run());
    assertEquals(16, driver.scheduler.load().cachedTokens());
  }

  @Test
  void sequencesOfDifferentSaltsShareNothing() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(40, 20, 4, 9, 60), 40, 40);
    driver.accept("a", TEXT, 4, new Standing("", 1, 0, "one"));
    driver.accept("b", TEXT, 4, new Standing("", 1, 0, "two"));
    assertEquals("a:0+20* b:0+20*", driver.run());
    driver.accept("c", TEXT, 4, Standing.DEFAULT);
    assertEquals("a:20+1* b:20+1* c:0+20*", driver.run());
    driver.accept("d", TEXT, 4, new Standing("t", 1, 0, "two"));
    assertTrue(driver.run().endsWith("d:16+4*"));
  }

  @Test
  void aStepSaysWhoStartsAndASequenceWhatItFound() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(40, 20, 4, 9, 60), 40, 40);
    Sequence first = driver.accept("a", TEXT, 4, Standing.DEFAULT);
    assertEquals(0, first.cachedTokens());
    StepPlan plan = driver.scheduler.step().orElseThrow();
    assertEquals(List.of(first), plan.started());
    driver.scheduler.complete(plan);
    driver.append(plan);
    Sequence second = driver.accept("b", TEXT, 4, Standing.DEFAULT);
    plan = driver.scheduler.step().orElseThrow();
    assertEquals(List.of(second), plan.started());
    assertEquals(16, second.cachedTokens());
    driver.scheduler.complete(plan);
    driver.append(plan);
    driver.scheduler.pause(id("b"));
    driver.scheduler.resume(id("b"));
    plan = driver.scheduler.step().orElseThrow();
    assertEquals(List.of(), plan.started(), "one that begins again has started before");
    assertEquals(16, second.cachedTokens(), "what it found when it began");
  }

  @Test
  void tokensThatWereGeneratedBeforeAreNotAmongThosePromptTokensThatWereFound() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(40, 20, 4, 9, 60), 40, 40);
    driver.accept("a", TEXT, 1, Standing.DEFAULT);
    driver.run();
    Admission moved =
        driver.scheduler.add(
            id("b"),
            filled(6, 'x'),
            filled(14, 'x'),
            ParamsBuilder.params().build(),
            Standing.DEFAULT);
    assertEquals("b:16+4*", driver.run());
    assertEquals(6, assertInstanceOf(Admission.Accepted.class, moved).sequence().cachedTokens());
  }

  @Test
  void aReplyThatBeginsAgainSomeTokensBackIsHardlyComputedAgain() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(40, 20, 4, 9, 60), 40, 40);
    driver.accept("a", filled(8, 'x'), 50, Standing.DEFAULT);
    for (int token = 0; token < 40; token++) {
      driver.run();
    }
    assertTrue(driver.scheduler.abort(id("a")));
    // Whoever goes on with it knows of 32 of its 40 tokens.
    goOn(driver, "b", 32);
    assertEquals("b:36+4*", driver.run());
    assertTrue(driver.scheduler.abort(id("b")));
    // So far back the window was forgotten, and only the prompt's is found.
    goOn(driver, "c", 8);
    assertEquals("c:8+8*", driver.run());
  }

  private static void goOn(SchedulerDriver driver, String id, int generated) {
    driver.scheduler.add(
        id(id),
        filled(8, 'x'),
        filled(generated, 1),
        ParamsBuilder.params().tokens(0, 50).build(),
        Standing.DEFAULT,
        true);
  }

  @Test
  void aSequenceOfLowPriorityIsOvertakenByABoundedNumber() {
    SchedulerLimits limits = new SchedulerLimits(8, 8, 8, 1, 9, Long.MAX_VALUE, 5, 60);
    SchedulerDriver driver = new SchedulerDriver(limits, 40, 40);
    driver.accept("low", filled(3, 'l'), 1, new Standing("", 1, 2, ""));
    int overtaken = 0;
    String told = "";
    while (!told.startsWith("low")) {
      driver.accept("h" + overtaken, filled(3, 'h'), 1, new Standing("", 1, 0, ""));
      told = driver.run();
      overtaken++;
    }
    // Two levels of five arrivals each; the tenth has the same rank and came later.
    assertEquals(10, overtaken);
  }

  @Test
  void aMoreImportantSequenceKeepsItsBlocksAndComesFirst() {
    SchedulerDriver driver = new SchedulerDriver(new SchedulerLimits(24, 16, 4, 9, 30), 6, 20);
    driver.accept("b", filled(8, 'b'), 8, Standing.DEFAULT);
    driver.accept("a", filled(8, 'a'), 8, new Standing("", 1, -1, ""));
    assertEquals("a:0+8* b:0+8*", driver.run());
    for (int position = 8; position < 12; position++) {
      assertEquals("a:%d+1* b:%d+1*".formatted(position, position), driver.run());
    }
    // Both need a fourth block, and six are there: the older one gives way.
    assertEquals("a:12+1*", driver.run());
    assertEquals(1, driver.scheduler.load().preemptions());
  }

  @Test
  void theTokensThatWaitAreBoundedUnlessNoneWait() {
    SchedulerLimits limits = new SchedulerLimits(8, 8, 8, 1, 9, 10, 5, 60);
    SchedulerDriver driver = new SchedulerDriver(limits, 40, 40);
    driver.accept("a", 30, 1);
    assertFull(driver.add("b", new int[1], 1, Standing.DEFAULT), 30, 1);
    driver.scheduler.pause(id("a"));
    driver.accept("b", 6, 1);
    driver.accept("c", 4, 1);
    assertFull(driver.add("d", new int[1], 1, Standing.DEFAULT), 10, 1);
    assertTrue(driver.scheduler.abort(id("b")));
    driver.accept("d", 6, 1);
    assertEquals(10, driver.scheduler.load().waitingTokens());
    assertFalse(driver.scheduler.abort(id("b")));
  }

  private static void assertFull(Admission admission, int waiting, int more) {
    String detail =
        ("%d tokens of other sequences are waiting already, and with these %d they would be more"
                + " than the limit of 10")
            .formatted(waiting, more);
    assertEquals(new Admission.Refused(Admission.Reason.FULL, detail), admission);
  }
}
