package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeLineTest {
  private static final String NODE =
      "{\"event\":\"node\",\"role\":\"tray+gateway\",\"trays\":[0,1],\"pid\":123,"
          + "\"http\":\"http://127.0.0.1:8000\",\"artery\":\"127.0.0.1:45123\"}";

  @Test
  void linesOfANodeAreRead() {
    assertEquals(
        new NodeLine.Node(
            "tray+gateway",
            List.of(0, 1),
            123,
            Optional.of(URI.create("http://127.0.0.1:8000")),
            "127.0.0.1:45123"),
        NodeLine.parse(NODE));
    assertEquals(
        new NodeLine.Rack(12), NodeLine.parse("{\"event\":\"rack\",\"trays\":12,\"of\":18}"));
    assertEquals(
        new NodeLine.Ready("rack72-mini"),
        NodeLine.parse("{\"event\":\"ready\",\"epoch\":1,\"model\":\"rack72-mini\"}"));
    assertEquals(new NodeLine.Closed(), NodeLine.parse("{\"event\":\"closed\"}"));
  }

  @Test
  void acknowledgementsOfFaultsAreRead() {
    assertEquals(
        new NodeLine.Fault(Optional.of(7L), Optional.empty()),
        NodeLine.parse("{\"event\":\"fault\",\"id\":7}"));
    assertEquals(
        new NodeLine.Fault(Optional.empty(), Optional.of("why")),
        NodeLine.parse("{\"event\":\"fault\",\"refused\":\"why\"}"));
  }

  @Test
  void nodeWithoutAGatewayHasNoUrl() {
    for (String without :
        List.of(
            NODE.replace("\"http\":\"http://127.0.0.1:8000\",", ""),
            NODE.replace("\"http://127.0.0.1:8000\"", "null"))) {
      NodeLine.Node node = (NodeLine.Node) NodeLine.parse(without);
      assertEquals(Optional.empty(), node.http());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "17",
        "{\"event\":\"node\"}",
        "{\"event\":{\"event\":\"rack\"}}",
        "{\"event\":\"other\"}",
        "{\"event\":\"rack\"}",
        "{\"event\":\"rack\",\"trays\":-1}",
        "{\"event\":\"rack\",\"trays\":1.5}",
        "{\"event\":\"rack\",\"trays\":99999999999}",
        "{\"event\":\"rack\",\"trays\":\"3\"}",
        "{\"event\":\"rack\",\"trays\":3,\"trays\":4}",
        "{\"event\":\"ready\"}",
        "{\"event\":\"ready\",\"model\":\"\\u001b[2J\"}",
        "[[[[[[[[[[[[[[[[",
      })
  void otherLinesTellNothing(String line) {
    assertEquals(new NodeLine.Unknown(line), NodeLine.parse(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "123|true",
        "[0,1]|[0,1024]",
        "[0,1]|[0,\"1\"]",
        "\"http://127.0.0.1:8000\"|17",
        "\"http://127.0.0.1:8000\"|\"not a url\"",
        "127.0.0.1:45123|",
        "127.0.0.1:45123|a\\nb",
      })
  void nodeWithOneWrongValueTellsNothing(String change) {
    String[] parts = change.split("\\|", -1);
    String wrong = NODE.replace(parts[0], parts[1]);
    assertEquals(new NodeLine.Unknown(wrong), NodeLine.parse(wrong));
  }

  @Test
  void noGarbledLineBreaksTheReader() {
    Random random = new Random(3);
    for (int round = 0; round < 5_000; round++) {
      StringBuilder line = new StringBuilder(NODE);
      for (int change = random.nextInt(6); change >= 0; change--) {
        line.setCharAt(random.nextInt(line.length()), (char) random.nextInt(128));
      }
      line.setLength(random.nextInt(line.length() + 1));
      NodeLine.parse(line.toString());
    }
  }
}
