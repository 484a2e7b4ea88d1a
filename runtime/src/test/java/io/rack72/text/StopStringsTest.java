package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void partOfAStopStringIsNeverDelivered() {
    StopStrings stops = new StopStrings(List.of("END"), false);
    assertEquals("a", stops.push("aE"));
    assertEquals("", stops.push("N"));
    assertEquals("EN", stops.push("EN"));
    assertEquals("", stops.push("D and more"));
    assertEquals(Optional.of("END"), stops.match());
    assertEquals("", stops.push("again"));
    assertEquals("", stops.finish());
  }

  @Test
  void withheldTextComesAtTheEndWhereNothingMatched() {
    StopStrings stops = new StopStrings(List.of("\n\n", "stop"), false);
    assertEquals("one", stops.push("one\n"));
    assertEquals("\nx", stops.push("xst"));
    assertEquals("st", stops.finish());
    assertFalse(stops.matched());
  }

  @Test
  void matchedStopStringIsDeliveredWhereAskedFor() {
    StopStrings stops = new StopStrings(List.of("END"), true);
    assertEquals("a", stops.push("aEN"));
    assertEquals("END", stops.push("Dx"));
    assertTrue(stops.matched());
  }

  @Test
  void firstCompleteStopStringWinsAndOfSeveralTheLongest() {
    StopStrings nested = new StopStrings(List.of("abcd", "bc"), false);
    assertEquals("xa", nested.push("xabcd"));
    assertEquals(Optional.of("bc"), nested.match());
    StopStrings sameEnd = new StopStrings(List.of("c", "bc"), false);
    assertEquals("xa", sameEnd.push("xabcd"));
    assertEquals(Optional.of("bc"), sameEnd.match());
  }

  @Test
  void withoutStopStringsAllTextPassesAtOnce() {
    StopStrings none = new StopStrings(List.of(), false);
    assertEquals("text", none.push("text"));
    assertEquals("", none.finish());
  }

  @Test
  void emptyStopStringIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new StopStrings(List.of("a", ""), false));
  }

  @Test
  void outcomeEqualsASearchOfTheWholeTextHoweverItIsCut() {
    Random random = new Random(11);
    for (int round = 0; round < 20_000; round++) {
      int letters = 1 + random.nextInt(3);
      List<String> stopList = new ArrayList<>();
      for (int s = random.nextInt(4); s >= 0; s--) {
        stopList.add(randomText(random, 1 + random.nextInt(5), letters));
      }
      String text = randomText(random, random.nextInt(30), letters);
      boolean included = random.nextBoolean();

      StopStrings stops = new StopStrings(stopList, included);
      StringBuilder delivered = new StringBuilder();
      Expected expected = Expected.of(text, stopList, included);
      for (int at = 0; at < text.length(); ) {
        int end = Math.min(text.length(), at + random.nextInt(4));
        delivered.append(stops.push(text.substring(at, end)));
        at = end;
        assertTrue(expected.text.startsWith(delivered.toString()));
        assertTrue(stops.matched() || end - delivered.length() < 5, "withholds too much");
      }
      delivered.append(stops.finish());

      assertEquals(expected.text, delivered.toString(), () -> text + " " + stopList);
      assertEquals(expected.match, stops.match(), () -> text + " " + stopList);
    }
  }

  private record Expected(String text, Optional<String> match) {
    static Expected of(String text, List<String> stops, boolean included) {
      int firstEnd = Integer.MAX_VALUE;
      String match = null;
      for (String stop : stops) {
        int at = text.indexOf(stop);
        if (at < 0) {
          continue;
        }
        int end = at + stop.length();
        if (end < firstEnd || (end == firstEnd && stop.length() > match.length())) {
          firstEnd = end;
          match = stop;
        }
      }
      return match == null
          ? new Expected(text, Optional.empty())
          : new Expected(
              text.substring(0, included ? firstEnd : firstEnd - match.length()),
              Optional.of(match));
    }
  }

  private static String randomText(Random random, int length, int letters) {
    return random
        .ints(length, 'a', 'a' + letters)
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }
}
