package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
  private final BlockPool pool = new BlockPool(4, 64, Arena.ofAuto());

  @Test
  void everyBlockIsTakenOnce() {
    Set<Integer> taken = new HashSet<>();
    while (pool.freeBlocks() > 0) {
      assertTrue(taken.add(pool.take()));
    }
    assertEquals(Set.of(0, 1, 2, 3), taken);
    assertThrows(IllegalStateException.class, pool::take);
  }

  @Test
  void aBlockIsGivenBackOnce() {
    int block = pool.take();
    pool.give(block);
    assertThrows(IllegalStateException.class, () -> pool.give(block));
    assertThrows(IllegalStateException.class, () -> pool.memory(block));
    assertEquals(4, pool.freeBlocks());
  }

  @Test
  void memoryBelongsToTheBlockAndOutlivesItsOwners() {
    int first = pool.take();
    int second = pool.take();
    MemorySegment memory = pool.memory(first);
    assertEquals(64, memory.byteSize());
    assertNotSame(memory, pool.memory(second));
    pool.give(first);
    assertEquals(first, pool.take(), "the block freed last is the next one given");
    assertSame(memory, pool.memory(first));
  }

  /** A rack whose device computes nothing has pools far larger than the host's memory. */
  @Test
  void blocksCostNoMemoryUntilSomebodyAsksForIt() {
    BlockPool huge = new BlockPool(1000, 1L << 40, Arena.ofAuto());
    huge.give(huge.take());
    assertEquals(1000L << 40, huge.bytes());
  }

  /**
   * A model of a few layers in a GPU's memory: records of all its blocks would be 12 GB, more than
   * tests have.
   */
  @Test
  void blocksThatNobodyEverTookHaveNoRecords() {
    BlockPool huge = new BlockPool(500_000_000, 64, Arena.ofAuto());
    int first = huge.take();
    int second = huge.take();
    huge.give(first);
    assertEquals(499_999_999, huge.freeBlocks());
    assertEquals(first, huge.take());
    assertEquals(1, second);
    assertThrows(IllegalStateException.class, () -> huge.give(2), "never taken");
    assertThrows(IllegalStateException.class, () -> huge.share(400_000_000), "never taken");
  }

  @Test
  void recordsAndMemoryStayWhenMoreBlocksAreTaken() {
    BlockPool large = new BlockPool(1000, 64, Arena.ofAuto());
    List<BlockHash> names = new ArrayList<>();
    List<MemorySegment> memory = new ArrayList<>();
    for (int block = 0; block < 1000; block++) {
      assertEquals(block, large.take());
      memory.add(large.memory(block));
      names.add(new BlockHash(block, ~block, 0, 0));
      large.name(block, names.get(block));
      switch (block % 4) {
        case 0 -> large.give(block);
        case 1 -> large.givePassing(block);
        case 2 -> large.share(block);
        default -> {}
      }
    }
    assertEquals(500, large.cachedBlocks());
    for (int block = 0; block < 1000; block++) {
      assertEquals(block, large.find(names.get(block)));
      if (block % 4 >= 2) {
        assertSame(memory.get(block), large.memory(block));
      }
    }
    large.give(2);
    assertSame(memory.get(2), large.memory(2), "two held it");
    large.give(2);
    assertThrows(IllegalStateException.class, () -> large.memory(2));
    for (int i = 0; i < 250; i++) {
      assertEquals(4 * i + 1, large.take(), "passing ones first, in the order they came back");
    }
    assertEquals(0, large.take(), "the one that was given back the longest time ago");
    assertSame(memory.get(0), large.memory(0));
    assertEquals(BlockIndex.NONE, large.find(names.get(0)));
    assertEquals(4, large.take());
  }
}
