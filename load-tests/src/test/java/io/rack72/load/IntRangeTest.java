package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntRangeTest {
  @Test
  void readsNumbersAndRanges() {
    assertEquals(Optional.of(IntRange.of(64)), IntRange.parse("64"));
    assertEquals(Optional.of(new IntRange(0, 7)), IntRange.parse("0-7"));
    assertEquals("64", IntRange.of(64).toString());
    assertEquals("0-7", new IntRange(0, 7).toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "5-", "-5", "7-5", "a", "1-2-3", "1 - 2", "99999999999"})
  void nothingElse(String text) {
    assertEquals(Optional.empty(), IntRange.parse(text));
  }

  @Test
  void drawsBothEndsAndNothingBeyond() {
    SplittableRandom random = new SplittableRandom(3);
    TreeSet<Integer> drawn = new TreeSet<>();
    IntStream.range(0, 1000).forEach(_ -> drawn.add(new IntRange(4, 7).draw(random)));
    assertEquals(new TreeSet<>(List.of(4, 5, 6, 7)), drawn);
  }

  @Test
  void refusesWhatIsNoRange() {
    assertThrows(IllegalArgumentException.class, () -> new IntRange(2, 1));
    assertThrows(IllegalArgumentException.class, () -> new IntRange(-1, 1));
  }
}
