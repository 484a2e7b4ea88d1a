package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockIndexTest {
  /** Names of few homes, so that most of them collide, against a map. */
  @Test
  void anIndexDoesWhatAMapDoes() {
    SplittableRandom random = new SplittableRandom(11);
    for (int homes : new int[] {1, 3, 20, 1 << 20}) {
      int blocks = 40;
      BlockIndex index = new BlockIndex(blocks);
      Map<BlockHash, Integer> map = new HashMap<>();
      for (int i = 0; i < 100_000; i++) {
        int block = random.nextInt(blocks);
        int number = random.nextInt(60);
        // Homes at the end of the table too, behind which comes its beginning.
        BlockHash name = new BlockHash((long) (number % homes - 2) << 32, 0, 0, number);
        if (map.containsValue(block)) {
          map.remove(index.name(block));
          index.remove(block);
        } else {
          boolean free = map.putIfAbsent(name, block) == null;
          assertEquals(free, index.add(block, name));
        }
        assertEquals(map.getOrDefault(name, BlockIndex.NONE), index.find(name));
        assertEquals(map.size(), index.size());
      }
      map.forEach((name, block) -> assertEquals(block, index.find(name)));
      map.forEach((name, block) -> assertEquals(name, index.name(block)));
    }
  }
}
