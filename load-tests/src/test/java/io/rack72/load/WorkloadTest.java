package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private static final IntRange IDS = new IntRange(1000, 2000);

  @Test
  void itemsAreAsAskedFor() {
    Workload workload = new Workload(new IntRange(3, 9), new IntRange(1, 4), IDS, 5);
    Set<Integer> lengths = new HashSet<>();
    for (int number = 0; number < 500; number++) {
      Workload.Item item = workload.item(number);
      lengths.add(item.prompt().length);
      assertTrue(item.outputTokens() >= 1 && item.outputTokens() <= 4);
      assertTrue(Arrays.stream(item.prompt()).allMatch(id -> id >= 1000 && id <= 2000));
      assertEquals(item.prompt().length, item.words().split(" ", -1).length);
    }
    assertEquals(Set.of(3, 4, 5, 6, 7, 8, 9), lengths);
    assertEquals(13, workload.mostTokens());
  }

  @Test
  void seedAndNumberDecideAnItem() {
    assertArrayEquals(item(1, 17).prompt(), item(1, 17).prompt());
    assertEquals(item(1, 17).seed(), item(1, 17).seed());
  }

  /** A prompt that came before would be in a server's cache. */
  @Test
  void noPromptComesTwiceNotEvenWithTheNextSeed() {
    Set<List<Integer>> seen = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      for (int number = 0; number < 50; number++) {
        List<Integer> prompt = IntStream.of(item(seed, number).prompt()).limit(8).boxed().toList();
        assertTrue(seen.add(prompt), "seed " + seed + ", number " + number);
      }
    }
  }

  @Test
  void refusesEmptyPromptsAndReplies() {
    IntRange none = IntRange.of(0);
    IntRange one = IntRange.of(1);
    assertThrows(IllegalArgumentException.class, () -> new Workload(none, one, IDS, 1));
    assertThrows(IllegalArgumentException.class, () -> new Workload(one, none, IDS, 1));
  }

  private static Workload.Item item(long seed, long number) {
    return new Workload(IntRange.of(100), IntRange.of(1), IDS, seed).item(number);
  }
}
