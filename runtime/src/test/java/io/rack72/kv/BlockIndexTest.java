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
   * Against a map, which no secret has anything to do with: few blocks and many, names of which
   * many have the first word of others and so collide in all that a slot has of them, and with a
   * secret of 1 names that differ there and lie together all the same.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 77",
    "40, 1, 77",
    "40, 3, -7046029254386353131",
    "40, 1000000, 1",
    "40, 1000000, 77",
    "3000, 40, -7046029254386353131",
    "3000, 1000000, 1",
    "3000, 1000000, -7046029254386353131"
  })
  void anIndexDoesWhatAMapDoesWhateverTheSecret(int blocks, int firstWords, long secret) {
    SplittableRandom random = new SplittableRandom(11);
    BlockIndex index = new BlockIndex(blocks, secret);
    Map<BlockHash, Integer> map = new HashMap<>();
    Map<Integer, BlockHash> names = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      int block = random.nextInt(blocks);
      int number = random.nextInt(2 * blocks);
      BlockHash name = new BlockHash((long) (number % firstWords) << Integer.SIZE, 0, 0, number);
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
