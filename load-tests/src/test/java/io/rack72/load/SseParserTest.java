package io.rack72.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseParserTest {
  @Test
  void eventsEndWithAnEmptyLineHoweverLinesEnd() {
    assertEquals(List.of("a", "b"), parse("data: a\n\ndata: b\n\n"));
    assertEquals(List.of("a", "b"), parse("data: a\r\n\r\ndata: b\r\n\r\n"));
    assertEquals(List.of("a", "b"), parse("data: a\r\rdata: b\r\r"));
    assertEquals(List.of(), parse("data: a\n"), "it could go on");
  }

  @Test
  void idIsThatOfTheEventOrOfTheLastThatHadOne() {
    List<String> events = new ArrayList<>();
    SseParser parser = SseParser.withIds((id, data) -> events.add(id + "=" + data));
    parser.feed(ByteBuffer.wrap("data: a\n\nid: 7\ndata: b\n\ndata: c\n\n".getBytes(UTF_8)));
    assertEquals(List.of("=a", "7=b", "7=c"), events);
  }

  @Test
  void dataOfSeveralLinesIsOneEvent() {
    assertEquals(List.of("a\n\nb"), parse("data: a\ndata:\ndata: b\n\n"));
    assertEquals(List.of("a\n"), parse("data: a\ndata\n\n"));
  }

  @Test
  void oneBlankAfterTheColonIsNoData() {
    assertEquals(List.of("a", " a", "a: b"), parse("data:a\n\ndata:  a\n\ndata: a: b\n\n"));
  }

  @Test
  void commentsAndOtherFieldsArePassedOver() {
    assertEquals(List.of("a"), parse(": ping\n\nid: 7\nevent: x\ndata: a\nretry: 3\n\n"));
  }

  @Test
  void cutsCanBeAnywhereEvenInACharacter() {
    String stream = "data: grüße 😀\r\n\r\ndata: [DONE]\n\n" + "data: " + "x".repeat(5000) + "\n\n";
    List<String> expected = List.of("grüße 😀", "[DONE]", "x".repeat(5000));
    byte[] bytes = stream.getBytes(UTF_8);
    for (int size : new int[] {1, 2, 3, 7, 1000, bytes.length}) {
      List<String> events = new ArrayList<>();
      SseParser parser = new SseParser(event -> events.add(event));
      for (int from = 0; from < bytes.length; from += size) {
        parser.feed(ByteBuffer.wrap(bytes, from, Math.min(size, bytes.length - from)));
      }
      assertEquals(expected, events, "cut every " + size);
    }
  }

  private static List<String> parse(String stream) {
    List<String> events = new ArrayList<>();
    new SseParser(event -> events.add(event)).feed(ByteBuffer.wrap(stream.getBytes(UTF_8)));
    return events;
  }
}
