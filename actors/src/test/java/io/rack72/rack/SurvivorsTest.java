package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SurvivorsTest {
  private static final Set<NodeId> NOBODY = Set.of();

  private final SortedMap<NodeId, Set<NodeId>> silentFor = new TreeMap<>();

  private static NodeId node(int number) {
    return new NodeId("10.0.0." + number + ":7272", number);
  }

  private static NavigableSet<NodeId> nodes(int... numbers) {
    return new TreeSet<>(IntStream.of(numbers).mapToObj(SurvivorsTest::node).toList());
  }

  /** These hear all but those. */
  private void hear(Set<NodeId> listeners, Set<NodeId> silent) {
    listeners.forEach(listener -> silentFor.put(listener, silent));
  }

  private Set<NodeId> survivors(int self, NavigableSet<NodeId> members, Set<NodeId> accused) {
    return Survivors.of(node(self), members, accused, new Heard(silentFor));
  }

  @Test
  void accusationsOfTheDeadAndOfTheLivingLetTheDeadGo() {
    // Node 2 was killed when it had accused node 1, which was killed before it.
    hear(nodes(3, 4, 5), nodes(1, 2));
    assertEquals(nodes(3, 4, 5), survivors(3, nodes(1, 2, 3, 4, 5), nodes(1, 2)));
  }

  @Test
  void whoIsAccusedAndStillHeardStays() {
    hear(nodes(1, 2, 3, 4), NOBODY);
    assertEquals(nodes(1, 2, 3, 4), survivors(1, nodes(1, 2, 3, 4), nodes(2, 3, 4)));
  }

  @Test
  void whoHearsNobodyGoesAloneAlthoughItAccusesAll() {
    hear(nodes(1, 2, 3), NOBODY);
    hear(nodes(4), nodes(1, 2, 3));
    assertEquals(nodes(1, 2, 3), survivors(1, nodes(1, 2, 3, 4), nodes(2, 3)));
    silentFor.clear();
    hear(nodes(4), nodes(1, 2, 3));
    assertEquals(NOBODY, survivors(4, nodes(1, 2, 3, 4), nodes(1, 2, 3)));
  }

  @Test
  void ofTwoThatDoNotHearEachOtherOneGoesAndAllSayWhich() {
    for (int self : new int[] {1, 2, 3, 4}) {
      silentFor.clear();
      hear(nodes(1, 3), NOBODY);
      hear(nodes(2), nodes(4));
      hear(nodes(4), nodes(2));
      if (self == 2 || self == 4) {
        silentFor.remove(node(6 - self));
      }
      assertEquals(nodes(1, 2, 3), survivors(self, nodes(1, 2, 3, 4), nodes(self == 4 ? 2 : 4)));
    }
  }

  @Test
  void largerPartGoesOnAndOfEqualPartsTheOneWithTheLowestAddress() {
    hear(nodes(1, 2), nodes(3, 4));
    assertEquals(nodes(1, 2), survivors(2, nodes(1, 2, 3, 4), nodes(3, 4)));
    assertEquals(NOBODY, survivors(2, nodes(1, 2, 3, 4, 5), nodes(3, 4, 5)));
    silentFor.clear();
    hear(nodes(3, 4), nodes(1, 2));
    assertEquals(NOBODY, survivors(3, nodes(1, 2, 3, 4), nodes(1, 2)));
    assertEquals(nodes(3, 4, 5), survivors(3, nodes(1, 2, 3, 4, 5), nodes(1, 2)));
  }

  @Test
  void whoWasNeverHeardOfIsThereUnlessItIsAccused() {
    hear(nodes(1, 2), NOBODY);
    assertEquals(nodes(1, 2, 3), survivors(1, nodes(1, 2, 3), NOBODY));
    assertEquals(nodes(1, 2), survivors(1, nodes(1, 2, 3), nodes(3)));
  }

  @Test
  void shortSilenceOfThoseWhomNobodyAccusesPartsNobody() {
    hear(nodes(1, 3), NOBODY);
    hear(nodes(2), nodes(3));
    assertEquals(nodes(1, 2, 3), survivors(1, nodes(1, 2, 3, 4), nodes(4)));
  }
}
