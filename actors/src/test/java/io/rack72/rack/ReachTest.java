package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.fabric.PortState;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReachTest {
  private static final RackProfile RACK = new RackProfile("test", 4, 2, RackHarness.FAST_GPU);
  private static final NodeId A = new NodeId("a", 1);
  private static final NodeId B = new NodeId("b", 2);
  private static final NodeId C = new NodeId("c", 3);
  private static final long SECOND = 1_000_000_000;

  private final RackView view =
      new RackView(
          Placement.first(new ExpertPlacement(1, 8, 8, 2, 8), 8),
          List.of(member(A, 0, 1), member(B, 2), member(C, 3)));
  private boolean wasOut;
  private final Reach reach =
      new Reach(A, Optional.of(new PulseTiming(Duration.ofMillis(100), Duration.ofMillis(600))));

  private static Member member(NodeId id, int... trays) {
    return new Member(
        id, IntStream.of(trays).mapToObj(tray -> new TrayClaim(new TrayId(tray), 1)).toList(), "");
  }

  private Reach.Verdict verdict(Set<GpuId> lost) {
    return reach.verdict(view.nodes(RACK), view.nodeIds(), RACK, lost);
  }

  @Test
  void gpusWithSlowPortsAreSlowUntilTheirNodesSayOtherwise() {
    reach.follow(view.nodeIds(), 0);
    assertTrue(reach.heard(new Pulse(B, List.of(), List.of(new GpuId(4)), List.of(), 1), 0));
    assertFalse(reach.heard(new Pulse(B, List.of(), List.of(new GpuId(4)), List.of(), 1), 0));
    reach.pace(new PortState(new GpuId(1), true));
    assertEquals(
        new Reach.Verdict(Set.of(), Set.of(new GpuId(1), new GpuId(4)), false), verdict(Set.of()));
    assertEquals(new Pulse(A, List.of(), List.of(new GpuId(1)), List.of(), 1), reach.pulse(0));
    assertEquals(
        new Reach.Verdict(Set.of(new GpuId(4)), Set.of(new GpuId(1)), false),
        verdict(Set.of(new GpuId(4))),
        "one that is out is not just slow");
    reach.pace(new PortState(new GpuId(1), false));
    assertTrue(reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), 0));
    assertEquals(Reach.Verdict.ALL_WELL, verdict(Set.of()));
  }

  @Test
  void gpusOfSilentNodesFailedTraysAndLostOnesAreOut() {
    reach.follow(view.nodeIds(), 0);
    assertEquals(Reach.Verdict.ALL_WELL, verdict(Set.of()));
    reach.heard(new Pulse(B, List.of(), List.of(), List.of(A), 1), 0);
    assertEquals(Set.of(new GpuId(4), new GpuId(5)), verdict(Set.of()).out());
    reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), 0);
    reach.heard(new Pulse(C, List.of(new TrayId(3)), List.of(), List.of(), 1), 0);
    assertEquals(
        Set.of(new GpuId(0), new GpuId(6), new GpuId(7)), verdict(Set.of(new GpuId(0))).out());
    reach.fail(new TrayId(1));
    assertEquals(
        Set.of(new GpuId(2), new GpuId(3), new GpuId(6), new GpuId(7)), verdict(Set.of()).out());
    assertEquals(List.of(new TrayId(0)), reach.working(List.of(new TrayId(0), new TrayId(1))));
    assertEquals(new Pulse(A, List.of(new TrayId(1)), List.of(), List.of(), 1), reach.pulse(0));
  }

  @Test
  void signsThatChangeNoVerdictSaySo() {
    reach.follow(view.nodeIds(), 0);
    assertFalse(
        reach.heard(new Pulse(C, List.of(), List.of(), List.of(), 1), 0),
        "nothing failed before either");
    assertFalse(reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), 0));
    assertTrue(reach.heard(new Pulse(B, List.of(new TrayId(2)), List.of(), List.of(), 1), 1));
    assertFalse(reach.heard(new Pulse(B, List.of(new TrayId(2)), List.of(), List.of(), 1), 2));
    assertTrue(reach.heard(new Pulse(B, List.of(new TrayId(2)), List.of(), List.of(A), 1), 3));
    assertFalse(reach.look(4));
    assertTrue(
        reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), 5),
        "it hears this one again");
    for (long now = 0; now < 3 * SECOND; now += SECOND / 10) {
      boolean heard = reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), now);
      boolean changed = reach.look(now) || heard;
      assertEquals(verdict(Set.of()).out().contains(new GpuId(6)) && !wasOut, changed);
      wasOut |= changed;
    }
    assertTrue(wasOut);
  }

  @Test
  void nodeInNoViewTellsItLessOftenAndSaysSo() {
    reach.meet(view.nodeIds(), 0);
    List<Boolean> told = new ArrayList<>();
    for (int beat = 0; beat < 9; beat++) {
      Optional<Pulse> pulse = reach.beat(0);
      pulse.ifPresent(it -> assertEquals(4, it.beats()));
      told.add(pulse.isPresent());
    }
    assertEquals(List.of(true, false, false, false, true, false, false, false, true), told);
    reach.follow(view.nodeIds(), 0);
    for (int beat = 0; beat < 3; beat++) {
      assertEquals(1, reach.beat(0).orElseThrow().beats());
    }
  }

  @Test
  void pulseThatAsksForPatienceWithoutEndIsRefused() {
    for (int beats : new int[] {0, 17, Integer.MAX_VALUE}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new Pulse(B, List.of(), List.of(), List.of(), beats));
    }
  }

  @Test
  void nodeThatHearsNobodyHolds() {
    reach.follow(view.nodeIds(), 0);
    reach.heard(new Pulse(B, List.of(), List.of(), List.of(), 1), 0);
    reach.heard(new Pulse(C, List.of(), List.of(), List.of(), 1), 0);
    for (long now = 0; now < 2 * SECOND; now += SECOND / 10) {
      reach.look(now);
    }
    assertTrue(verdict(Set.of()).hold());
    assertEquals(List.of(B, C), reach.pulse(2 * SECOND).silent());
    assertEquals(
        Set.of(new GpuId(4), new GpuId(5), new GpuId(6), new GpuId(7)), verdict(Set.of()).out());
  }

  @Test
  void rackInOneJvmIsAllThereIs() {
    Reach alone = new Reach(NodeId.LOCAL, Optional.empty());
    alone.follow(Set.of(), 0);
    alone.look(SECOND);
    RackView whole = new RackView(view.placement(), List.of(member(NodeId.LOCAL, 0, 1, 2, 3)));
    assertEquals(
        Reach.Verdict.ALL_WELL, alone.verdict(whole.nodes(RACK), whole.nodeIds(), RACK, Set.of()));
  }
}
