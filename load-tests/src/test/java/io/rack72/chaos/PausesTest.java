package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.fault.Fault;
import io.rack72.fault.ScheduledFault;
import io.rack72.load.Summary;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PausesTest {
  private static final Duration EFFECT = Duration.ofMillis(500);

  /** Tokens at 0, 1 and 2 ms, then after a pause. */
  private static Told paused(long millis) {
    return new Told().tokens("a", 0, 1, 2, 3).pause(millis).tokens("a", 0, 4, 5);
  }

  private static Optional<Summary> of(Told told, long atMillis) {
    return new Pauses(told.events())
        .of(new ScheduledFault(Duration.ofMillis(atMillis), new Fault.Kill(1)), EFFECT);
  }

  @Test
  void largestPauseOfAStreamIsThatBetweenTwoOfItsTokens() {
    Summary summary = of(paused(99), 2).orElseThrow();
    assertEquals(1, summary.count());
    assertEquals(100, summary.max());
  }

  @Test
  void pauseThatBeganBeforeTheFaultCounts() {
    assertEquals(100, of(paused(99), 50).orElseThrow().max());
  }

  @Test
  void pauseLongAfterTheFaultIsNotItsDoing() {
    Told told = new Told().tokens("a", 0, 1, 2).pause(600).tokens("a", 0, 3, 4).pause(800);
    told.tokens("a", 0, 5);
    assertEquals(601, of(told, 1).orElseThrow().max());
  }

  @Test
  void streamsThatTheFaultDoesNotFindRunningAreNotAffected() {
    assertEquals(Optional.empty(), of(paused(99), 200), "it was over");
    assertEquals(Optional.empty(), of(new Told().pause(100).tokens("a", 0, 1, 2), 50), "not begun");
  }

  @Test
  void choiceThatStandsStillWhileTheOtherGoesOnIsAPause() {
    Told told = new Told().tokens("a", 0, 1).tokens("a", 1, 1).pause(50).tokens("a", 1, 2);
    told.pause(50).tokens("a", 0, 2).tokens("a", 1, 3);
    Summary summary = of(told, 3).orElseThrow();
    assertEquals(2, summary.count());
    assertEquals(103, summary.max());
  }

  @Test
  void streamOfWhichNothingHadComeWaitsForItsFirstTokenSinceItWasSent() {
    Told told = new Told().tokens("a", 0, 1).told("b", Event.Kind.SENT, "").pause(50);
    told.tokens("a", 0, 2).tokens("b", 0, 1).told("c", Event.Kind.SENT, "").tokens("c", 0, 1);
    Summary summary =
        new Pauses(told.events())
            .firstTokens(new ScheduledFault(Duration.ofMillis(20), new Fault.Kill(1)))
            .orElseThrow();
    assertEquals(1, summary.count());
    assertEquals(52, summary.max());
  }

  @Test
  void calmIsWhatWasBeforeTheFault() {
    Pauses pauses = new Pauses(paused(99).events());
    assertEquals(1, pauses.beforeAll(Duration.ofMillis(50)).orElseThrow().max());
    assertEquals(100, pauses.beforeAll(Duration.ofMillis(500)).orElseThrow().max());
  }

  @Test
  void longPausesAreTold() {
    assertEquals(
        List.of(new Pauses.Gap("a", 2_000_000, 102_000_000)),
        new Pauses(paused(99).events()).longerThan(Duration.ofMillis(100)));
    assertEquals(List.of(), new Pauses(paused(98).events()).longerThan(Duration.ofMillis(100)));
  }
}
