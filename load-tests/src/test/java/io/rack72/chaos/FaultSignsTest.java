package io.rack72.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fault.Fault;
import io.rack72.fault.ScheduledFault;
import io.rack72.hardware.GpuId;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FaultSignsTest {
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Set<Integer> ALL = Set.of(0, 1, 2, 3);
  private static final String GATEWAY = "http://127.0.0.1:1";
  private static final Signs CALM = new Signs(GATEWAY, 0, ALL, 7, List.of());

  /** Whether a fault at 10 ms is to be seen where a gateway tells this before and after. */
  private static boolean shown(Fault fault, Signs before, Signs after) {
    Told told =
        new Told()
            .told("", Event.Kind.SIGNS, before.toText())
            .pause(20)
            .told("", Event.Kind.SIGNS, after.toText());
    return shown(fault, told);
  }

  private static boolean shown(Fault fault, Told told) {
    return new FaultSigns(told.events())
        .show(new ScheduledFault(Duration.ofMillis(10), fault), Duration.ofSeconds(1));
  }

  private static Told ended(int node, int exitCode) {
    return new Told().pause(20).told("", Event.Kind.NODE, RackNode.ended(node, exitCode));
  }

  @Test
  void processThatIsKilledEndsByThatSignal() {
    assertTrue(shown(new Fault.Kill(1), ended(1, 137)));
    assertFalse(shown(new Fault.Kill(1), ended(2, 137)));
    assertFalse(shown(new Fault.Kill(1), ended(1, 1)));
    assertTrue(shown(new Fault.Terminate(1), ended(1, 143)));
    assertFalse(shown(new Fault.Terminate(1), ended(1, 137)));
  }

  @Test
  void endLongAfterTheFaultIsNotItsDoing() {
    Told late = new Told().pause(1100).told("", Event.Kind.NODE, RackNode.ended(1, 137));
    assertFalse(shown(new Fault.Kill(1), late));
  }

  @Test
  void nodeThatStandsStillOrIsCutOffIsNotHeard() {
    Signs silent = new Signs(GATEWAY, 1, ALL, 7, List.of());
    Fault partition = new Fault.Partition(Set.of(1), Fault.Direction.BOTH, LENGTH);
    assertTrue(shown(new Fault.Freeze(1, LENGTH), CALM, silent));
    assertTrue(shown(partition, CALM, silent));
    assertFalse(shown(partition, CALM, CALM));
    assertFalse(shown(partition, silent, CALM), "it was before the fault");
  }

  @Test
  void whatStandsStillForAShortTimeNeedNotBeNoticed() {
    assertTrue(shown(new Fault.Freeze(1, Duration.ofSeconds(1)), CALM, CALM));
  }

  @Test
  void gpuThatFailsComputesNoMore() {
    Fault failure = new Fault.GpuFailure(new GpuId(0));
    assertTrue(shown(failure, CALM, new Signs(GATEWAY, 0, Set.of(1, 2, 3), 7, List.of())));
    assertFalse(shown(failure, CALM, new Signs(GATEWAY, 0, Set.of(0, 2, 3), 7, List.of())));
    assertFalse(
        shown(failure, CALM, new Signs(GATEWAY, 1, Set.of(2, 3), 7, List.of())),
        "its node is not heard");
  }

  @Test
  void whatIsLostOnTheFabricIsSentAgain() {
    Fault noise = new Fault.FabricNoise(Set.of(1), 0.05, 0.05, 0.1, Duration.ZERO, LENGTH);
    assertTrue(shown(noise, CALM, new Signs(GATEWAY, 0, ALL, 8, List.of())));
    assertFalse(shown(noise, CALM, new Signs(GATEWAY, 1, ALL, 7, List.of())));
  }

  @Test
  void gatewaysThatDoNotTellTheSameAreNoSign() {
    Signs more = new Signs("another", 0, ALL, 8, List.of());
    Told told =
        new Told()
            .told("", Event.Kind.SIGNS, CALM.toText())
            .told("", Event.Kind.SIGNS, more.toText())
            .pause(20)
            .told("", Event.Kind.SIGNS, CALM.toText())
            .told("", Event.Kind.SIGNS, more.toText());
    Fault noise = new Fault.FabricNoise(Set.of(1), 0.05, 0.05, 0.1, Duration.ZERO, LENGTH);
    assertFalse(shown(noise, told));
  }

  @Test
  void slowPortIsFoundByThoseWhoWaitForIt() {
    Fault port = new Fault.PortBandwidth(new GpuId(3), 0.01, LENGTH);
    Signs owner = new Signs(GATEWAY, 0, ALL, 7, List.of(new Signs.SlowPair(1, 3)));
    Signs asking = new Signs(GATEWAY, 0, ALL, 7, List.of(new Signs.SlowPair(3, 1)));
    assertTrue(shown(port, CALM, owner));
    assertTrue(shown(port, CALM, asking));
    assertFalse(shown(port, owner, owner), "it was before the fault");
    assertFalse(
        shown(port, CALM, new Signs(GATEWAY, 0, ALL, 7, List.of(new Signs.SlowPair(1, 2)))));
  }

  @Test
  void signsAreReadFromWhatAGatewayTells() throws Exception {
    assertEquals(
        new Signs(GATEWAY, 2, Set.of(0, 1), 12, List.of(new Signs.SlowPair(0, 5))),
        Signs.of(
            GATEWAY,
            Json.read(
                """
                {
                  "nodes": [
                    {
                      "answers": true, "silent": ["127.0.0.1:2"], "failed_trays": [1],
                      "trunks": [{"resent_segments": 5}, {"resent_segments": 7}]
                    },
                    {"answers": false, "silent": [], "failed_trays": [], "trunks": []}
                  ],
                  "gpus": [{"gpu": 0, "slow": [5]}, {"gpu": 1, "slow": []}]
                }
                """)));
  }
}
