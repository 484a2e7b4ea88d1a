package io.rack72.kv;

import static io.rack72.kv.TinyLayouts.POSITION_BYTES;
import static io.rack72.kv.TinyLayouts.layout;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KvSizingTest {
  private static final int BLOCK_BYTES = 16 * POSITION_BYTES;

  /** Window 128, blocks of 16: 8 + 3 blocks for each sequence, and 512 / 16 for the rows. */
  @Test
  void slidingLayersGetWhatTheyCanUseAndFullLayersTheRest() {
    KvLayout layout = layout("sf", 128, 131_072, 16);
    KvSizing sizing = KvSizing.of(layout, 2000L * BLOCK_BYTES, 8, 512);
    assertEquals(new KvSizing(2000 - 120, 8 * 11 + 32, (2000 - 120) * 16), sizing);
  }

  @Test
  void slidingLayersNeverGetMoreThanHalf() {
    KvLayout layout = layout("sf", 128, 131_072, 16);
    assertEquals(new KvSizing(50, 50, 800), KvSizing.of(layout, 100L * BLOCK_BYTES, 64, 512));
  }

  @Test
  void fullLayersGetNoMoreThanEverySequenceAtItsLongest() {
    KvLayout layout = layout("sf", 128, 1600, 16);
    assertEquals(new KvSizing(200, 2 * 11 + 1, 1600), KvSizing.of(layout, 1L << 40, 2, 16));
  }

  @Test
  void aModelOfOneKindHasOnePool() {
    assertEquals(
        new KvSizing(70, 0, 1120),
        KvSizing.of(layout("f", 128, 131_072, 16), 70L * BLOCK_BYTES, 8, 512));
    assertEquals(
        new KvSizing(0, 70, 131_072),
        KvSizing.of(layout("s", 128, 131_072, 16), 70L * BLOCK_BYTES, 8, 512));
  }

  @Test
  void bytesForAContextGrantThatContext() {
    for (String layers : new String[] {"s", "f", "sf", "ssf", "sfff"}) {
      KvLayout layout = layout(layers, 20, 5000, 7);
      for (int context = 1; context < 6000; context += 61) {
        long bytes = KvSizing.bytesFor(layout, context, 6, 50);
        int granted = KvSizing.of(layout, bytes, 6, 50).longestContext();
        assertTrue(granted >= Math.min(context, 5000), layers + ": " + granted + " of " + context);
      }
    }
  }

  @Test
  void poolsNeverExceedTheBytes() {
    for (String layers : new String[] {"s", "f", "sf", "ssf", "sfff"}) {
      KvLayout layout = layout(layers, 20, 131_072, 7);
      for (long bytes = 2000; bytes < 40_000; bytes += 97) {
        KvSizing sizing;
        try {
          sizing = KvSizing.of(layout, bytes, 6, 50);
        } catch (IllegalArgumentException e) {
          continue;
        }
        try (KvCache cache = sizing.cache(layout, 0, true)) {
          assertTrue(cache.bytes() <= bytes);
        }
      }
    }
  }

  @Test
  void theLeastMemoryIsTheOneThatTheRefusalNames() {
    for (String layers : new String[] {"s", "f", "sf", "ssf", "sffffffffffffff"}) {
      KvLayout layout = layout(layers, 20, 131_072, 7);
      String message =
          assertThrows(IllegalArgumentException.class, () -> KvSizing.of(layout, 5, 6, 50))
              .getMessage();
      long least = Long.parseLong(message.substring(message.lastIndexOf(' ') + 1));
      assertThrows(IllegalArgumentException.class, () -> KvSizing.of(layout, least - 1, 6, 50));
      KvSizing sizing = KvSizing.of(layout, least, 6, 50);
      assertTrue(sizing.slidingBlocks() >= layout.slidingBlocksFor(1));
      assertTrue(sizing.fullBlocks() >= layout.fullBlocksFor(1));
    }
  }
}
