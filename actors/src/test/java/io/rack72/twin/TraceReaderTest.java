package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceReaderTest {
  private static final String GOOD =
      "{\"timestamp\": 7, \"input_length\": 600, \"output_length\": 5, \"hash_ids\": [46, 47]}";

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("trace.jsonl"), text);
  }

  private String refusal(String text) throws IOException {
    Path file = file(text);
    return assertThrows(TraceException.class, () -> TraceReader.read(file)).getMessage();
  }

  @Test
  void linesAreRequestsInOrder() throws IOException {
    Trace trace = TraceReader.read(file(GOOD + "\n\n" + GOOD.replace("7,", "9,") + "\r\n"));
    assertEquals(new Trace.Entry(7, 600, 5, List.of(46L, 47L)), trace.entries().get(0));
    assertEquals(9, trace.entries().get(1).atMillis());
    assertEquals(2, trace.entries().size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7,                   | -1,                | timestamp is a whole number",
        "600                  | 0                  | input_length is a whole number",
        "600                  | 6.5                | input_length is a whole number",
        "600                  | 99999999999        | input_length is a whole number",
        "600                  | 400                | hash_ids has one id for each begun 512",
        "\"output_length\": 5 | \"output_len\": 5  | output_length is a whole number",
        "[46, 47]             | 46                 | hash_ids is a list",
        "47                   | \"47\"             | hash_ids is a list of whole numbers",
        "47                   | -47                | hash_ids is a list of whole numbers",
        "7,                   | 6,                 | timestamp is not below",
        "}                    | ''                 | breaks at column",
        "}                    | '} x'              | breaks at column",
        "5,                   | '5, \"timestamp\": 8,' | breaks at column"
      })
  void aBrokenLineIsNamed(String part, String other, String sentence) throws IOException {
    String message = refusal(GOOD + "\n" + GOOD.replace(part, other));
    assertTrue(message.contains("trace.jsonl, line 2: "), message);
    assertTrue(message.contains(sentence), message);
  }

  @Test
  void aTraceWithoutRequestsALineWithoutEndAndOtherBytesAreRefused() throws IOException {
    assertTrue(refusal("\n\n").contains("without any request"));
    assertTrue(refusal(" ".repeat((1 << 20) + 1)).contains("line 1: a line has at most"));
    assertTrue(refusal("[".repeat(100_000)).contains("line 1: "));
    Path bytes = directory.resolve("bytes");
    Files.write(bytes, new byte[] {'{', (byte) 0xFF});
    assertTrue(
        assertThrows(TraceException.class, () -> TraceReader.read(bytes))
            .getMessage()
            .contains("text is UTF-8"));
    assertThrows(TraceException.class, () -> TraceReader.read(directory.resolve("none")));
  }

  @Test
  void aMutatedLineIsReadOrRefusedAndNothingElse() {
    SplittableRandom random = new SplittableRandom(3);
    byte[] alphabet = "{}[]\",:0123456789.-eE tnul\\\0\n".getBytes(StandardCharsets.US_ASCII);
    int read = 0;
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder line = new StringBuilder(GOOD);
      for (int change = random.nextInt(1, 4); change > 0 && !line.isEmpty(); change--) {
        int at = random.nextInt(line.length());
        char other = (char) alphabet[random.nextInt(alphabet.length)];
        switch (random.nextInt(4)) {
          case 0 -> line.setCharAt(at, other);
          case 1 -> line.insert(at, other);
          case 2 -> line.deleteCharAt(at);
          default -> line.setLength(Math.max(1, at));
        }
      }
      try {
        Trace.Entry entry = TraceReader.entry(line.toString());
        assertEquals(Math.ceilDiv(entry.inputLength(), 512), entry.blocks().size());
        assertTrue(entry.atMillis() >= 0 && entry.outputLength() >= 1);
        read++;
      } catch (IllegalArgumentException e) {
        assertFalse(e.getMessage().contains("\n"), e::getMessage);
        refused++;
      }
    }
    assertTrue(read > 100 && refused > 10_000, read + " read, " + refused + " refused");
  }

  @Test
  void promptsAreEqualAsFarAsTheirIdsAre() {
    int[] one = new Trace.Entry(0, 1300, 1, List.of(5L, 6L, 7L)).prompt(1, 1000);
    int[] other = new Trace.Entry(9, 1100, 1, List.of(5L, 6L, 8L)).prompt(1, 1000);
    assertEquals(1300, one.length);
    assertArrayEquals(Arrays.copyOf(one, 1024), Arrays.copyOf(other, 1024));
    assertTrue(Arrays.mismatch(one, other) < 1040);
    int[] shorter = new Trace.Entry(0, 700, 1, List.of(5L, 6L)).prompt(1, 1000);
    assertArrayEquals(Arrays.copyOf(one, 700), shorter);
    assertTrue(Arrays.mismatch(one, new Trace.Entry(0, 1, 1, List.of(6L)).prompt(1, 1000)) < 1);
  }
}
