package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockIndexTest {
  /**
   * Against a map: few blocks and many, and names of which many have the first word of others and
   * so collide in all that a slot has of them.
   */
  @ParameterizedTest
  @CsvSource({"1, 1", "40, 1", "40, 3", "40, 1000000", "3000, 40", "3000, 1000000"})
  void anIndexDoesWhatAMapDoes(int blocks, int firstWords) {
    SplittableRandom random = new SplittableRandom(11);
    BlockIndex index = new BlockIndex(blocks);
    Map<BlockHash, Integer> map = new HashMap<>();
    Map<Integer, BlockHash> names = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      int block = random.nextInt(blocks);
      int number = random.nextInt(2 * blocks);
      BlockHash name = new BlockHash(number % firstWords, 0, 0, number);
      if (names.containsKey(block)) {
        assertEquals(names.get(block), index.name(block));
        map.remove(names.remove(block));
        index.remove(block);
      } else {
        boolean free = map.putIfAbsent(name, block) == null;
        assertEquals(free, index.add(block, name));
        if (free) {
          names.put(block, name);
        }
      }
      assertEquals(map.getOrDefault(name, BlockIndex.NONE), index.find(name));
      assertEquals(map.size(), index.size());
    }
    assertTrue(map.size() >= blocks / 4, "names of most blocks at once");
    map.forEach((name, block) -> assertEquals(block, index.find(name)));
    map.forEach((name, block) -> assertEquals(name, index.name(block)));
  }

  @Test
  void blocksWithoutANameAndNumbersBeyondAreErrors() {
    BlockIndex index = new BlockIndex(2);
    BlockHash name = new BlockHash(1, 2, 3, 4);
    assertThrows(IllegalStateException.class, () -> index.remove(0));
    assertThrows(IndexOutOfBoundsException.class, () -> index.add(2, name));
    assertEquals(BlockIndex.NONE, index.find(name));
    index.add(1, name);
    index.remove(1);
    assertThrows(IllegalStateException.class, () -> index.remove(1));
    assertThrows(IllegalArgumentException.class, () -> new BlockIndex(-1));
  }
}
