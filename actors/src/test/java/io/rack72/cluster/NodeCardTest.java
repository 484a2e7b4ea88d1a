package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class NodeCardTest {
  private final NodeCard host = card("red", "1.0", "aaaa", Map.of("k.one", "1", "k.two", "2"));

  private static NodeCard card(
      String rack, String version, String checkpoint, Map<String, String> settings) {
    return new NodeCard(rack, version, checkpoint, new TreeMap<>(settings));
  }

  private void assertObjection(String sentence, NodeCard guest) {
    assertEquals(Optional.of(sentence), host.objectionTo(guest));
  }

  @Test
  void nodeOfTheSameKindIsWelcome() {
    assertEquals(
        Optional.empty(),
        host.objectionTo(card("red", "1.0", "aaaa", Map.of("k.two", "2", "k.one", "1"))));
  }

  @Test
  void whatDiffersFirstIsNamedWithBothValues() {
    assertObjection(
        "this is rack 'red', not 'blue' (rack72.cluster.name)",
        card("blue", "2.0", "bbbb", Map.of()));
    assertObjection(
        "the rack runs Rack72 1.0, not 2.0", card("red", "2.0", "bbbb", Map.of("k.one", "1")));
    assertObjection(
        "the rack's checkpoint has hash aaaa, the node's has bbbb: both must be the same files",
        card("red", "1.0", "bbbb", Map.of("k.one", "1")));
    assertObjection(
        "the rack has k.two = 2, the node 3: set it alike",
        card("red", "1.0", "aaaa", Map.of("k.one", "1", "k.two", "3")));
  }

  @Test
  void settingThatOnlyOneHasIsNamedToo() {
    assertObjection(
        "the rack has k.two = 2, the node does not: set it alike",
        card("red", "1.0", "aaaa", Map.of("k.one", "1")));
    assertObjection(
        "the node has k.three = 3, the rack does not: set it alike",
        card("red", "1.0", "aaaa", Map.of("k.one", "1", "k.two", "2", "k.three", "3")));
  }
}
