package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HearingTest {
  private static final long MILLI = 1_000_000;
  private static final PulseTiming TIMING =
      new PulseTiming(Duration.ofMillis(100), Duration.ofMillis(600));

  private final Hearing hearing = new Hearing(node(1), TIMING);
  private long now;

  private static NodeId node(int number) {
    return new NodeId("10.0.0." + number + ":7272", number);
  }

  private static Set<NodeId> nodes(int... numbers) {
    return new TreeSet<>(IntStream.of(numbers).mapToObj(HearingTest::node).toList());
  }

  /** Time passes, in which these nodes are heard with each pulse and this one looks. */
  private void pass(long millis, int... heard) {
    for (long end = now + millis * MILLI; now < end; ) {
      now += TIMING.pulse().toNanos();
      for (int node : heard) {
        hearing.heard(node(node), List.of(), 1, now);
      }
      hearing.look(now);
    }
  }

  @Test
  void whoIsSilentForTooLongIsOutUntilHeardAgain() {
    hearing.follow(nodes(1, 2, 3), now);
    pass(1000, 2, 3);
    assertEquals(Set.of(), hearing.out());
    pass(600, 2);
    assertEquals(Set.of(), hearing.out(), "a pulse of it may just be on its way");
    pass(100, 2);
    assertEquals(nodes(3), hearing.out());
    hearing.heard(node(3), List.of(), 1, now);
    assertEquals(Set.of(), hearing.out());
  }

  @Test
  void nodeWhosePulseIsSlowIsGivenAsMuchMoreTime() {
    hearing.follow(nodes(1, 2, 3), now);
    pass(1000, 2, 3);
    hearing.heard(node(3), List.of(), 4, now);
    pass(2400, 2);
    assertEquals(Set.of(), hearing.out());
    pass(100, 2);
    assertEquals(nodes(3), hearing.out());
    hearing.heard(node(3), List.of(), 1, now);
    pass(700, 2);
    assertEquals(nodes(3), hearing.out(), "it has become quick");
  }

  @Test
  void whoCannotHearThisNodeIsOutToo() {
    hearing.follow(nodes(1, 2), now);
    pass(1000, 2);
    hearing.heard(node(2), List.of(node(1)), 1, now);
    assertEquals(nodes(2), hearing.out());
    assertEquals(
        Set.of(), hearing.silent(now), "it is not said to be silent, or both would stay out");
    hearing.heard(node(2), List.of(), 1, now);
    assertEquals(Set.of(), hearing.out());
  }

  @Test
  void nodeThatWasStoppedItselfSuspectsNobodyForThat() {
    hearing.follow(nodes(1, 2, 3), now);
    pass(1000, 2, 3);
    now += 5_000 * MILLI;
    hearing.look(now);
    assertEquals(Set.of(), hearing.out());
    pass(800, 2);
    assertEquals(nodes(3), hearing.out(), "but it does afterwards");
  }

  @Test
  void nodeInANewViewHasTimeForItsFirstPulse() {
    hearing.follow(nodes(1, 2), now);
    pass(2500);
    assertEquals(Set.of(), hearing.out());
    pass(1000);
    assertEquals(nodes(2), hearing.out());
  }

  @Test
  void whoIsInNoViewAnyMoreIsForgotten() {
    hearing.follow(nodes(1, 2, 3), now);
    pass(100, 2, 3);
    pass(1000, 2);
    assertEquals(nodes(3), hearing.out());
    hearing.follow(nodes(1, 2), now);
    assertEquals(Set.of(), hearing.out());
  }

  @Test
  void smallerPartKnowsThatItIs() {
    hearing.follow(nodes(1, 2, 3, 4, 5), now);
    pass(100, 2, 3, 4, 5);
    pass(1000, 2, 3);
    assertFalse(hearing.isInMinority(nodes(1, 2, 3, 4, 5)));
    pass(1000, 2);
    assertTrue(hearing.isInMinority(nodes(1, 2, 3, 4, 5)));
  }

  @Test
  void ofEqualPartsTheOneWithTheLowestAddressGoesOn() {
    hearing.follow(nodes(1, 2, 3, 4), now);
    pass(100, 2, 3, 4);
    pass(1000, 4);
    assertFalse(hearing.isInMinority(nodes(1, 2, 3, 4)), "it has the lowest itself");

    Hearing other = new Hearing(node(3), TIMING);
    other.follow(nodes(1, 2, 3, 4), 0);
    other.heard(node(4), List.of(node(3)), 1, 0);
    other.heard(node(4), List.of(), 1, 0);
    other.heard(node(1), List.of(node(3)), 1, 0);
    other.heard(node(2), List.of(node(3)), 1, 0);
    assertTrue(other.isInMinority(nodes(1, 2, 3, 4)));
  }
}
