package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultSchedule;
import io.rack72.fault.ScheduledFault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultCheckerTest {
  private static final String GATEWAY = "http://127.0.0.1:1";
  private static final String OTHER = "http://127.0.0.1:2";

  /** One with a kill at 10 ms, after which streams may pause for 50 ms. */
  private static Scenario scenario(boolean random) {
    return scenario(random, new Fault.Kill(1));
  }

  private static Scenario scenario(boolean random, Fault fault) {
    return new Scenario(
        "kill",
        "a node is killed",
        new Scenario.Rack(2, Set.of(1), false, List.of()),
        new Scenario.Load(
            1, Duration.ofSeconds(1), new Scenario.Range(1, 1), new Scenario.Range(1, 1)),
        new FaultSchedule(List.of(new ScheduledFault(Duration.ofMillis(10), fault))),
        random,
        new Scenario.Limits(
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1)));
  }

  private static List<Finding.Kind> kinds(boolean random, Told told) {
    return FaultChecker.check(scenario(random), told.events()).stream().map(Finding::kind).toList();
  }

  /** A stream that has a token before the fault, and is asked for at this gateway. */
  private static Told running(String gateway) {
    return new Told()
        .sent("a")
        .told("a", Event.Kind.ASKED, gateway)
        .tokens("a", 0, 1)
        .pause(7)
        .told("", Event.Kind.FAULT, "kill")
        .told("", Event.Kind.NODE, RackNode.ended(1, 137));
  }

  @Test
  void faultThatFindsAStreamRunningIsGood() {
    assertEquals(List.of(), kinds(false, running(OTHER).tokens("a", 0, 2)));
  }

  @Test
  void faultThatWasNeverBegunIsFound() {
    assertEquals(
        List.of(Finding.Kind.NO_FAULT, Finding.Kind.NO_EFFECT),
        kinds(false, new Told().tokens("a", 0, 1).pause(20).tokens("a", 0, 2)));
  }

  @Test
  void faultThatFindsNoStreamRunningIsFoundUnlessTheScheduleIsRandom() {
    Told nothing =
        new Told()
            .pause(10)
            .told("", Event.Kind.FAULT, "kill")
            .told("", Event.Kind.NODE, RackNode.ended(1, 137))
            .tokens("a", 0, 1, 2);
    assertEquals(List.of(Finding.Kind.NO_STREAM_AT_FAULT), kinds(false, nothing));
    assertEquals(List.of(), kinds(true, nothing));
  }

  @Test
  void faultThatLastsMayBeginBeforeTheStreamsThatItMeets() {
    Scenario freeze = scenario(false, new Fault.Freeze(1, Duration.ofMillis(20)));
    Told before = new Told().pause(10).told("", Event.Kind.FAULT, "freeze").tokens("a", 0, 1);
    assertEquals(List.of(), FaultChecker.check(freeze, before.events()));
    Told after =
        new Told().pause(10).told("", Event.Kind.FAULT, "freeze").pause(30).tokens("a", 0, 1);
    assertEquals(
        List.of(Finding.Kind.NO_STREAM_AT_FAULT),
        FaultChecker.check(freeze, after.events()).stream().map(Finding::kind).toList());
  }

  @Test
  void faultOfWhichNothingIsToBeSeenIsFoundUnlessTheScheduleIsRandom() {
    Told unseen = new Told().tokens("a", 0, 1).pause(9).told("", Event.Kind.FAULT, "kill");
    unseen.tokens("a", 0, 2);
    assertEquals(List.of(Finding.Kind.NO_EFFECT), kinds(false, unseen));
    assertEquals(List.of(), kinds(true, unseen));
  }

  @Test
  void pauseThatIsTooLongIsFound() {
    assertEquals(
        List.of(Finding.Kind.PAUSE_TOO_LONG),
        kinds(false, running(OTHER).pause(60).tokens("a", 0, 2)));
  }

  @Test
  void randomScheduleOfWhichNobodySufferedAnythingIsFound() {
    assertEquals(
        List.of(Finding.Kind.NO_FAULT),
        kinds(true, running(OTHER).told("", Event.Kind.FAULT_MISSED, "why").tokens("a", 0, 2)));
  }

  @Test
  void killedGatewayWhoseStreamsDidNotGoOnIsFound() {
    for (boolean random : new boolean[] {false, true}) {
      assertEquals(
          List.of(Finding.Kind.NONE_RESUMED),
          kinds(
              random,
              running(GATEWAY)
                  .told("", Event.Kind.GATEWAY_KILLED, GATEWAY)
                  .tokens("a", 0, 2)
                  .told("a", Event.Kind.DONE, "")));
    }
  }

  @Test
  void streamOfAnotherGatewayThatGoesOnDoesNotSpeakForTheKilledOne() {
    assertEquals(
        List.of(Finding.Kind.NONE_RESUMED),
        kinds(
            false,
            running(GATEWAY)
                .told("b", Event.Kind.ASKED, OTHER)
                .tokens("b", 0, 1)
                .told("", Event.Kind.GATEWAY_KILLED, GATEWAY)
                .told("b", Event.Kind.RESUMED, "")
                .tokens("a", 0, 2)));
  }

  @Test
  void killedGatewayOfWhichAStreamWentOnIsGood() {
    assertEquals(
        List.of(),
        kinds(
            false,
            running(GATEWAY)
                .told("", Event.Kind.GATEWAY_KILLED, GATEWAY)
                .told("a", Event.Kind.RESUMED, "")
                .told("a", Event.Kind.ASKED, OTHER)
                .tokens("a", 0, 2)));
  }

  @Test
  void killedGatewayWithoutStreamsIsGood() {
    assertEquals(
        List.of(),
        kinds(
            false, running(OTHER).told("", Event.Kind.GATEWAY_KILLED, GATEWAY).tokens("a", 0, 2)));
    assertEquals(
        List.of(),
        kinds(
            true,
            running(GATEWAY)
                .told("a", Event.Kind.DONE, "")
                .told("", Event.Kind.GATEWAY_KILLED, GATEWAY)));
  }

  private static Verdict verdict(List<Finding> found, Told told) {
    return Verdict.of(scenario(false), 1, found, told.events(), "repeat", Path.of("out"));
  }

  @Test
  void partThatIsCutOffAndStillLetsTokensOutIsFound() {
    Fault cut = new Fault.Partition(Set.of(2), Fault.Direction.BOTH, Duration.ofSeconds(10));
    Scenario scenario = partition(cut);
    for (String cutOff : List.of(GATEWAY, OTHER)) {
      Told told =
          new Told()
              .told("", Event.Kind.NODE, RackNode.serves(2, cutOff))
              .told("", Event.Kind.NODE, RackNode.serves(3, cutOff.equals(OTHER) ? GATEWAY : OTHER))
              .sent("a")
              .told("a", Event.Kind.ASKED, GATEWAY)
              .tokens("a", 0, 1)
              .pause(10)
              .told("", Event.Kind.FAULT, "partition")
              .tokens("a", 0, 2)
              .pause(4000)
              .tokens("a", 0, 3);
      assertEquals(
          cutOff.equals(GATEWAY),
          FaultChecker.check(scenario, told.events()).stream()
              .anyMatch(finding -> finding.kind() == Finding.Kind.MINORITY_EMITTED));
    }
  }

  private static Scenario partition(Fault fault) {
    Scenario two = scenario(false, fault);
    return new Scenario(
        two.name(),
        two.about(),
        new Scenario.Rack(4, Set.of(2, 3), false, List.of()),
        two.load(),
        two.faults(),
        two.random(),
        two.limits());
  }

  @Test
  void whatIsWrongWithFaultsIsInTheVerdict() {
    assertTrue(verdict(List.of(), running(OTHER).tokens("a", 0, 2)).isGood());
    Verdict without = verdict(List.of(), new Told().tokens("a", 0, 1).pause(20).tokens("a", 0, 2));
    assertFalse(without.isGood());
    assertTrue(without.tokensAreRight());
  }

  @Test
  void wrongTextIsNoRightReply() {
    for (Finding.Kind kind :
        List.of(Finding.Kind.WRONG_TEXT, Finding.Kind.MISSING_TEXT, Finding.Kind.DOUBLED_TEXT)) {
      assertFalse(
          verdict(List.of(new Finding(kind, "a", "")), running(OTHER).tokens("a", 0, 2))
              .tokensAreRight());
    }
  }
}
