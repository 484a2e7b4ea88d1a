package io.rack72.resume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventIdTest {
  private static final StreamKey KEY = new StreamKey(1, 2);
  private static final String KEY_TEXT = "AAAAAAAAAAEAAAAAAAAAAg";

  @Test
  void textIsTheDocumentedOne() {
    assertEquals(KEY_TEXT + ".12", new EventId(KEY, List.of(12), false).text());
    assertEquals(
        KEY_TEXT + ".12..0", new EventId(KEY, List.of(12, EventId.NOTHING, 0), false).text());
    assertEquals(KEY_TEXT + ".12.u", new EventId(KEY, List.of(12), true).text());
  }

  @Test
  void everyIdIsReadAsWhatItWas() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 1000; i++) {
      EventId id =
          new EventId(
              new StreamKey(random.nextLong(), random.nextLong()),
              IntStream.range(0, 1 + random.nextInt(20))
                  .mapToObj(_ -> random.nextInt(4) == 0 ? EventId.NOTHING : random.nextInt(999_999))
                  .toList(),
              random.nextBoolean());
      assertEquals(Optional.of(id), EventId.of(id.text()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "7",
        KEY_TEXT,
        KEY_TEXT + ".u",
        KEY_TEXT + ".1.",
        KEY_TEXT + ".-1",
        KEY_TEXT + ".01",
        KEY_TEXT + ".1234567890",
        KEY_TEXT + ".1 ",
        KEY_TEXT + ".u.1",
        KEY_TEXT + ".١",
        "AAAAAAAAAAEAAAAAAAAAAh.1",
        "AAAAAAAAAAEAAAAAAAAA+g.1",
        "AAAAAAAAAAEAAAAAAAAAA.1"
      })
  void whatIsNoIdIsNone(String text) {
    // That of a choice without an event is an id, if of no use.
    assertEquals(text.endsWith(".1."), EventId.of(text).isPresent(), text);
  }

  @Test
  void anIdHasSoManyChoicesAtMost() {
    String most = KEY_TEXT + ".1".repeat(EventId.MAX_CHOICES);
    assertTrue(EventId.of(most).isPresent());
    assertTrue(EventId.of(most + ".u").isPresent());
    assertEquals(Optional.empty(), EventId.of(most + ".1"));
    assertThrows(IllegalArgumentException.class, () -> new EventId(KEY, List.of(), false));
  }

  @Test
  void keysAreDrawnFromAllThereAreAndAreNotShown() {
    SecureRandom random = new SecureRandom();
    assertEquals(
        1000, IntStream.range(0, 1000).mapToObj(_ -> StreamKey.draw(random)).distinct().count());
    assertEquals("StreamKey", KEY.toString());
  }
}
