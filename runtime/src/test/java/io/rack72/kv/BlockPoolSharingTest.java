package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks whose content has a name: found, shared, cached and lost. */
class BlockPoolSharingTest {
  private final BlockPool pool = new BlockPool(3, 64, Arena.ofAuto());

  @Test
  void aBlockIsFreeWhenItsLastHolderGivesItBack() {
    int block = named(1);
    pool.share(block);
    pool.give(block);
    assertEquals(2, pool.freeBlocks());
    assertEquals(block, pool.find(name(1)));
    pool.give(block);
    assertEquals(3, pool.freeBlocks());
    assertEquals(1, pool.cachedBlocks());
    pool.share(block);
    assertEquals(2, pool.freeBlocks());
    assertEquals(0, pool.cachedBlocks());
    pool.give(block);
    assertThrows(IllegalStateException.class, () -> pool.give(block));
  }

  @Test
  void blocksWithoutANameAreTakenBeforeCachedOnes() {
    pool.give(named(1));
    int unnamed = pool.take();
    int other = pool.take();
    pool.give(other);
    pool.give(unnamed);
    assertEquals(unnamed, pool.take());
    assertEquals(other, pool.take());
    assertEquals(1, pool.cachedBlocks());
    assertEquals(0, pool.find(name(1)));
  }

  @Test
  void cachedBlocksAreTakenInTheOrderInWhichTheyWereGivenBack() {
    int first = named(1);
    int second = named(2);
    int third = named(3);
    pool.give(second);
    pool.give(first);
    pool.give(third);
    // Being used once more makes a block the youngest.
    pool.share(second);
    pool.give(second);
    assertEquals(first, pool.take());
    assertEquals(-1, pool.find(name(1)), "what is taken for something else is found no more");
    assertEquals(third, pool.take());
    assertEquals(second, pool.take());
    assertThrows(IllegalStateException.class, pool::take);
  }

  @Test
  void theFirstOfTwoBlocksOfOneContentKeepsTheName() {
    int first = named(1);
    int second = named(1);
    assertEquals(first, pool.find(name(1)));
    pool.give(second);
    assertEquals(0, pool.cachedBlocks(), "the second has no name, and is of no use");
    pool.give(first);
    assertEquals(first, pool.find(name(1)));
    assertEquals(second, pool.take());
  }

  @Test
  void whatNobodyHoldsIsNotNamedAndWhatHasNoNameIsNotShared() {
    int block = pool.take();
    pool.give(block);
    assertThrows(IllegalStateException.class, () -> pool.name(block, name(1)));
    assertThrows(IllegalStateException.class, () -> pool.share(block));
    assertEquals(-1, pool.find(name(1)));
    assertEquals(3, pool.freeBlocks());
  }

  @Test
  void passingBlocksAreTakenBeforeCachedOnesAndLeaveNothingOnTheHost() {
    BlockPool withHost = new BlockPool(3, 64, 3, Arena.ofAuto());
    int[] blocks = {withHost.take(), withHost.take(), withHost.take()};
    for (int i = 0; i < 3; i++) {
      withHost.name(blocks[i], name(i));
    }
    withHost.give(blocks[0]);
    withHost.givePassing(blocks[1]);
    withHost.givePassing(blocks[2]);
    assertEquals(3, withHost.freeBlocks());
    assertEquals(blocks[1], withHost.take());
    assertEquals(blocks[2], withHost.take());
    assertEquals(0, withHost.hostBlocks());
    assertEquals(blocks[0], withHost.take());
    assertEquals(1, withHost.hostBlocks());
  }

  @Test
  void aForgottenBlockIsFreeAndFoundNoMoreUnlessSomebodyHoldsIt() {
    int held = named(1);
    int free = named(2);
    pool.givePassing(free);
    pool.forget(name(1));
    pool.forget(name(2));
    pool.forget(name(7));
    assertEquals(held, pool.find(name(1)));
    assertEquals(-1, pool.find(name(2)));
    assertEquals(2, pool.freeBlocks());
    assertEquals(0, pool.cachedBlocks());
    assertEquals(free, pool.take());
  }

  /** Against a pool that is two maps in the order of giving back; the large one's records grow. */
  @ParameterizedTest
  @ValueSource(ints = {6, 200})
  void aPoolDoesWhatASimpleOneDoes(int capacity) {
    SplittableRandom random = new SplittableRandom(3);
    BlockPool real = new BlockPool(capacity, 64, Arena.ofAuto());
    Map<Integer, Integer> cached = new LinkedHashMap<>();
    Map<Integer, Integer> passing = new LinkedHashMap<>();
    Map<Integer, Integer> nameOf = new LinkedHashMap<>();
    List<Integer> held = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      int findable = cached.size() + passing.size();
      int unnamed = capacity - findable - (int) held.stream().distinct().count();
      switch (random.nextInt(5)) {
        case 0 -> {
          if (unnamed + findable > 0) {
            int block = real.take();
            Map<Integer, Integer> first = passing.isEmpty() ? cached : passing;
            if (unnamed == 0) {
              assertEquals(first.keySet().iterator().next(), block);
            }
            assertEquals(unnamed > 0, first.remove(block) == null);
            nameOf.remove(block);
            held.add(block);
          }
        }
        case 1 -> {
          if (!held.isEmpty()) {
            int block = held.remove(/* index */ random.nextInt(held.size()));
            boolean passes = random.nextBoolean();
            if (passes) {
              real.givePassing(block);
            } else {
              real.give(block);
            }
            if (!held.contains(block) && nameOf.containsKey(block)) {
              (passes ? passing : cached).put(block, nameOf.get(block));
            }
          }
        }
        case 2 -> {
          if (!held.isEmpty()) {
            int block = held.get(random.nextInt(held.size()));
            int number = random.nextInt(10);
            real.name(block, name(number));
            if (!nameOf.containsValue(number)) {
              nameOf.putIfAbsent(block, number);
            }
          }
        }
        case 3 -> {
          int number = random.nextInt(10);
          real.forget(name(number));
          if (cached.values().remove(number) || passing.values().remove(number)) {
            nameOf.values().remove(number);
          }
        }
        default -> {
          int number = random.nextInt(10);
          int block = real.find(name(number));
          assertEquals(nameOf.containsValue(number), block >= 0);
          if (block >= 0) {
            assertEquals(number, nameOf.get(block));
            real.share(block);
            cached.remove(block);
            passing.remove(block);
            held.add(block);
          }
        }
      }
      assertEquals(cached.size() + passing.size(), real.cachedBlocks());
      assertEquals(capacity - held.stream().distinct().count(), real.freeBlocks());
    }
  }

  private int named(int number) {
    int block = pool.take();
    pool.name(block, name(number));
    return block;
  }

  private static BlockHash name(int number) {
    return new BlockHash(number % 2, 0, 0, number);
  }
}
