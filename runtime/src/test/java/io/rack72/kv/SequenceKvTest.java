package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class SequenceKvTest {
  /** A window of 5 positions and blocks of 4. */
  private final KvCache cache = cache("sf", 10, 6);

  private final SequenceKv kv = new SequenceKv(cache);

  @Test
  void growsByWholeBlocksInBothPools() {
    kv.growTo(1);
    assertHeld(1, 1);
    kv.growTo(4);
    assertHeld(1, 1);
    kv.growTo(9);
    assertHeld(3, 3);
    kv.growTo(2);
    assertHeld(3, 3);
  }

  @Test
  void slidingLayersKeepExactlyTheBlocksThatTheWindowTouches() {
    kv.growTo(24);
    // Position 8 still sees position 4, the first of the second block; position 9 sees 5.
    kv.releaseBehindWindow(Integer.MAX_VALUE, 7);
    assertHeld(6, 6);
    kv.releaseBehindWindow(Integer.MAX_VALUE, 8);
    assertHeld(6, 5);
    kv.releaseBehindWindow(Integer.MAX_VALUE, 11);
    assertHeld(6, 5);
    kv.releaseBehindWindow(Integer.MAX_VALUE, 12);
    assertHeld(6, 4);
    MemorySegment[] blocks = kv.blocks(true);
    assertEquals(6, blocks.length);
    assertNull(blocks[1]);
    assertNotNull(blocks[2]);
    assertNotNull(kv.blocks(false)[0]);
  }

  @Test
  void memoryOfABlockStaysWhileTheSequenceGrows() {
    kv.growTo(8);
    MemorySegment second = kv.blocks(true)[1];
    kv.releaseBehindWindow(Integer.MAX_VALUE, 8);
    kv.growTo(20);
    assertNull(kv.blocks(true)[0]);
    assertSame(second, kv.blocks(true)[1]);
    assertEquals(5, kv.blocks(false).length);
  }

  @Test
  void aFailedGrowthTakesNothing() {
    kv.growTo(4);
    assertTrue(kv.canGrowTo(24));
    assertFalse(kv.canGrowTo(25));
    assertThrows(IllegalStateException.class, () -> kv.growTo(25));
    assertHeld(1, 1);
  }

  @Test
  void releasingAllGivesEverythingBackAndTheSequenceCanBeginAgain() {
    kv.growTo(20);
    kv.releaseBehindWindow(Integer.MAX_VALUE, 20);
    kv.blocks(true);
    kv.releaseAll();
    assertHeld(0, 0);
    kv.releaseAll();
    kv.growTo(8);
    assertHeld(2, 2);
    assertNotNull(kv.blocks(true)[0]);
  }

  @Test
  void blocksThatComeOneByOneAreCountedAndGivenBackOneByOne() {
    for (int blocks = 1; blocks <= 5; blocks++) {
      kv.growTo(4 * blocks);
      assertHeld(blocks, blocks);
      assertEquals(blocks, kv.blocks(false).length);
      assertNotNull(kv.blocks(false)[blocks - 1]);
    }
    kv.releaseAll();
    assertHeld(0, 0);
  }

  @Test
  void layersThatAModelLacksTakeNoBlocks() {
    SequenceKv onlyFull = new SequenceKv(cache("ff", 3, 0));
    onlyFull.growTo(12);
    assertEquals(3, onlyFull.fullBlocks());
    assertFalse(onlyFull.canGrowTo(13));

    SequenceKv onlySliding = new SequenceKv(cache("ss", 0, 3));
    for (int position = 0; position < 1000; position++) {
      onlySliding.growTo(position + 1);
      onlySliding.releaseBehindWindow(Integer.MAX_VALUE, position + 1);
    }
    assertEquals(0, onlySliding.fullBlocks());
    assertEquals(1, onlySliding.slidingBlocks());
  }

  private void assertHeld(int full, int sliding) {
    assertEquals(full, kv.fullBlocks());
    assertEquals(sliding, kv.slidingBlocks());
    assertEquals(full, cache.full().capacity() - cache.full().freeBlocks());
    assertEquals(sliding, cache.sliding().capacity() - cache.sliding().freeBlocks());
  }

  private static KvCache cache(String layers, int fullBlocks, int slidingBlocks) {
    return new KvCache(TinyLayouts.layout(layers, 5, 4096, 4), fullBlocks, slidingBlocks);
  }
}
