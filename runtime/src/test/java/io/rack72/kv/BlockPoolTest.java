package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
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
}
