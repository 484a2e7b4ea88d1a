package io.rack72.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinesTest {
  @Test
  void lastLineNeedsNoEnd() {
    assertEquals(List.of("a", "", "b"), read("a\r\n\nb".getBytes(StandardCharsets.UTF_8)));
    assertEquals(List.of("a"), read("a\n".getBytes(StandardCharsets.UTF_8)));
    assertEquals(List.of(), read(new byte[0]));
  }

  @Test
  void endlessLineIsCutAndTheNextOneIsWhole() {
    String endless = "x".repeat(3 * Lines.MAX_CHARS);
    assertEquals(
        List.of("x".repeat(Lines.MAX_CHARS), "next"),
        read((endless + "\nnext\n").getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void bytesThatAreNoTextDoNotEndTheReading() {
    assertEquals(
        List.of("\uFFFD", "next"), read(new byte[] {(byte) 0xFF, '\n', 'n', 'e', 'x', 't'}));
  }

  private static List<String> read(byte[] bytes) {
    List<String> lines = new ArrayList<>();
    Lines.read(new ByteArrayInputStream(bytes), lines::add);
    return lines;
  }
}
