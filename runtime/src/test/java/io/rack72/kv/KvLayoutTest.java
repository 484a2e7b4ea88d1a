package io.rack72.kv;

import static io.rack72.kv.TinyLayouts.POSITION_BYTES;
import static io.rack72.kv.TinyLayouts.layout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KvLayoutTest {
  @Test
  void keysAndValuesOfAllLayersOfAKindFillItsBlockWithoutOverlap() {
    KvLayout layout = layout("sfsff", 5, 100, 8);
    long half = 8L * POSITION_BYTES / 2;
    assertEquals(2 * 2 * half, layout.slidingBlockBytes());
    assertEquals(3 * 2 * half, layout.fullBlockBytes());
    long[] placeInKind = {0, 0, 1, 1, 2};
    for (int layer = 0; layer < placeInKind.length; layer++) {
      assertEquals(placeInKind[layer] * 2 * half, layout.keyOffsetBytes(layer));
      assertEquals(placeInKind[layer] * 2 * half + half, layout.valueOffsetBytes(layer));
    }
  }

  @Test
  void aKindThatTheModelLacksHasNoBytes() {
    assertEquals(0, layout("ff", 5, 100, 8).slidingBlockBytes());
    assertEquals(0, layout("ff", 5, 100, 8).slidingBlocksFor(3));
    assertEquals(0, layout("ss", 5, 100, 8).fullBlockBytes());
    assertEquals(0, layout("ss", 5, 100, 8).fullBlocksFor(3));
  }

  /** Counted by trying every place where a window can begin within a block. */
  @Test
  void slidingBlocksAreEnoughForEveryPlaceOfTheWindowAndNotMore() {
    for (int window = 1; window < 12; window++) {
      for (int blockTokens = 1; blockTokens < 9; blockTokens++) {
        KvLayout layout = layout("s", window, 100, blockTokens);
        for (int rows = 1; rows < 10; rows++) {
          int most = 0;
          for (int next = 0; next < 40; next++) {
            int first = Math.max(0, next - window + 1) / blockTokens;
            int last = (next + rows - 1) / blockTokens;
            most = Math.max(most, last - first + 1);
          }
          assertEquals(most, layout.slidingBlocksFor(rows));
        }
      }
    }
  }

  @Test
  void aBlockHasABoundedNumberOfTokens() {
    for (int tokens : new int[] {0, 1025}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> layout("s", 5, 100, tokens))
              .getMessage();
      assertTrue(message.contains("1 to 1024"), message);
    }
  }
}
