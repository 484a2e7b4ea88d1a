package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TokenCountsTest {
  @Test
  void agreesWithAMapHoweverItGrew() {
    SplittableRandom random = new SplittableRandom(3);
    for (int vocabSize : new int[] {1, 5, 300, 201_088}) {
      int[] prompt = random.ints(500, 0, vocabSize).toArray();
      int[] generated = random.ints(2000, 0, vocabSize).toArray();
      Map<Integer, Integer> expected = new TreeMap<>();
      for (int token : prompt) {
        expected.putIfAbsent(token, 0);
      }
      TokenCounts grown = TokenCounts.of(prompt, new int[0]);
      for (int token : generated) {
        expected.merge(token, 1, Integer::sum);
        grown.addGenerated(token);
      }
      assertEquals(expected, contents(grown));
      assertEquals(expected, contents(TokenCounts.of(prompt, generated)));
      assertEquals(generated.length, grown.generated());
    }
  }

  @Test
  void aNegativeTokenIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new TokenCounts().addGenerated(-1));
    assertThrows(IllegalArgumentException.class, () -> new TokenCounts().addPrompt(-1));
  }

  @Test
  void withoutIdsOnlyTheNumberIsKnown() {
    TokenCounts counts = TokenCounts.withoutIds(3);
    counts.addGenerated(7);
    assertEquals(4, counts.generated());
    assertThrows(IllegalStateException.class, () -> counts.forEach((_, _) -> {}));
  }

  private static Map<Integer, Integer> contents(TokenCounts counts) {
    Map<Integer, Integer> contents = new TreeMap<>();
    counts.forEach((token, generated) -> assertNull(contents.put(token, generated)));
    return contents;
  }
}
