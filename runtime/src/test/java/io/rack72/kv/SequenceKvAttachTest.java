package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a sequence finds of its prefix in both pools. */
class SequenceKvAttachTest {
  @Test
  void aPrefixEndsWhereTheWindowBehindItIsComplete() {
    // Blocks of 4 and a window of 6: the position behind a prefix sees 5 before it, so 2 blocks.
    KvCache cache = cache("sf", 6, 4, 10);
    List<BlockHash> names = names(6);
    put(cache.full(), names, 0, 6);
    put(cache.sliding(), names, 1, 3);
    put(cache.sliding(), names, 5, 6);
    SequenceKv kv = new SequenceKv(cache);
    assertEquals(3, attach(kv, names));
    assertEquals(3, kv.fullBlocks());
    assertEquals(2, kv.slidingBlocks());
    assertSame(null, kv.blocks(true)[0]);
    assertThrows(IllegalStateException.class, () -> attach(kv, names));
    kv.releaseAll();
    assertEquals(10, cache.full().freeBlocks());
    assertEquals(10, cache.sliding().freeBlocks());
  }

  /** The longest prefix that can be found, position by position. */
  @Test
  void theLongestPrefixIsFoundWhateverWindowAndBlocksAreMissing() {
    SplittableRandom random = new SplittableRandom(5);
    int limited = 0;
    for (int world = 0; world < 20_000; world++) {
      String layers = List.of("sf", "sf", "s", "f").get(random.nextInt(4));
      int blockTokens = random.nextInt(1, 9);
      int window = random.nextInt(1, 40);
      int count = random.nextInt(13);
      KvCache cache = cache(layers, window, blockTokens, 13);
      List<BlockHash> names = names(count);
      boolean[] full = someOf(random, cache.full(), names);
      boolean[] sliding = someOf(random, cache.sliding(), names);
      int expected = count;
      while (!canBegin(expected, layers, full, sliding, window, blockTokens)) {
        expected--;
      }
      limited += layers.equals("sf") && canBegin(expected + 1, "f", full, sliding, 1, 1) ? 1 : 0;

      SequenceKv kv = new SequenceKv(cache);
      assertEquals(expected, attach(kv, names));
      int first = Math.max(0, expected * blockTokens - window + 1) / blockTokens;
      assertEquals(layers.contains("f") ? expected : 0, kv.fullBlocks());
      assertEquals(layers.contains("s") ? expected - first : 0, kv.slidingBlocks());
      // Growth takes new blocks behind those that were found, and none of them.
      kv.growTo(expected * blockTokens + 1);
      assertEquals(layers.contains("f") ? expected + 1 : 0, kv.blocks(false).length);
      kv.releaseBehindWindow(Integer.MAX_VALUE, expected * blockTokens);
      assertEquals(layers.contains("s") ? expected - first + 1 : 0, kv.slidingBlocks());
      kv.releaseAll();
      assertEquals(13, cache.full().freeBlocks());
      assertEquals(13, cache.sliding().freeBlocks());
      cache.close();
    }
    assertTrue(limited > 1000, "the window seldom limits: " + limited);
  }

  @Test
  void theEndOfAPrefixIsLostBeforeItsBeginning() {
    KvCache cache = cache("sf", 100, 4, 4);
    List<BlockHash> names = names(4);
    SequenceKv kv = new SequenceKv(cache);
    kv.growTo(16);
    kv.name(names, 0, 4);
    kv.releaseAll();
    for (int left = 3; left >= 0; left--) {
      cache.full().take();
      cache.sliding().take();
      SequenceKv other = new SequenceKv(cache);
      assertEquals(left, attach(other, names));
      other.releaseAll();
    }
  }

  @Test
  void blocksBehindTheWindowAreFoundUntilTheyAreNeeded() {
    KvCache cache = cache("sf", 4, 4, 4);
    List<BlockHash> names = names(3);
    SequenceKv kv = new SequenceKv(cache);
    kv.growTo(12);
    kv.name(names, 0, 3);
    kv.releaseBehindWindow(Integer.MAX_VALUE, 12);
    assertEquals(1, kv.slidingBlocks());
    SequenceKv other = new SequenceKv(cache);
    assertEquals(1, attach(other, names.subList(0, 1)));
    other.releaseAll();
    // A name for what was given back already is passed over.
    kv.name(names, 0, 3);
    cache.sliding().take();
    assertEquals(4, cache.sliding().capacity());
    assertEquals(2, cache.sliding().freeBlocks());
  }

  private static boolean canBegin(
      int blocks, String layers, boolean[] full, boolean[] sliding, int window, int blockTokens) {
    if (blocks > full.length) {
      return false;
    }
    int next = blocks * blockTokens;
    boolean hasFull = IntStream.range(0, blocks).allMatch(i -> full[i]);
    boolean hasSliding =
        IntStream.range(0, next)
            .filter(position -> next - position < window)
            .allMatch(position -> sliding[position / blockTokens]);
    return (hasFull || !layers.contains("f")) && (hasSliding || !layers.contains("s"));
  }

  private static boolean[] someOf(SplittableRandom random, BlockPool pool, List<BlockHash> names) {
    boolean[] some = new boolean[names.size()];
    int rarelyMissing = random.nextInt(1, 12);
    for (int i = 0; i < some.length; i++) {
      some[i] = random.nextInt(rarelyMissing + 1) > 0;
      if (some[i]) {
        put(pool, names, i, i + 1);
      }
    }
    return some;
  }

  private static void put(BlockPool pool, List<BlockHash> names, int from, int to) {
    for (int i = from; i < to; i++) {
      int block = pool.take();
      pool.name(block, names.get(i));
    }
    for (int i = from; i < to; i++) {
      pool.give(pool.find(names.get(i)));
    }
  }

  private static List<BlockHash> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> new BlockHash(i, 1, 2, 3)).toList();
  }

  private static KvCache cache(String layers, int window, int blockTokens, int blocks) {
    return new KvCache(TinyLayouts.layout(layers, window, 4096, blockTokens), blocks, blocks);
  }

  @Test
  void windowsOfAPromptAndRightBehindTheLastOneMayBeFoundAndOthersOfAReplyAreForgotten() {
    KvCache cache = new KvCache(TinyLayouts.layout("s", 4, 1000, 4), 0, 40);
    int[] tokens = IntStream.range(0, 80).toArray();
    List<BlockHash> names = cache.names().of(tokens, "").of(position -> tokens[position], 80);
    SequenceKv first = new SequenceKv(cache);
    first.growTo(80);
    first.name(names, 0, 20);
    first.releaseBehindWindow(20, 80);
    assertEquals(1, first.slidingBlocks());
    first.forgetFarBehindWindow(names, 20, 80);
    SequenceKv other = new SequenceKv(cache);
    assertEquals(0, other.find(names.subList(0, 0)).blocks());
    assertEquals(5, other.find(names.subList(0, 5)).blocks());
    assertEquals(5, other.find(names.subList(0, 15)).blocks(), "far behind the window");
    assertEquals(16, other.find(names.subList(0, 16)).blocks(), "right behind the window");
    assertEquals(20, other.find(names).blocks());
    first.releaseAll();
    assertEquals(40, cache.sliding().freeBlocks());
    assertEquals(10, cache.sliding().cachedBlocks());
  }

  @Test
  void whatOthersHoldIsNotForgotten() {
    KvCache cache = new KvCache(TinyLayouts.layout("s", 4, 1000, 4), 0, 40);
    int[] tokens = IntStream.range(0, 80).toArray();
    List<BlockHash> names = cache.names().of(tokens, "").of(position -> tokens[position], 80);
    SequenceKv first = new SequenceKv(cache);
    first.growTo(80);
    first.name(names, 0, 20);
    SequenceKv other = new SequenceKv(cache);
    assertEquals(10, attach(other, names.subList(0, 10)));
    first.releaseBehindWindow(20, 80);
    first.forgetFarBehindWindow(names, 20, 80);
    assertEquals(10, new SequenceKv(cache).find(names.subList(0, 10)).blocks());
    assertEquals(5, new SequenceKv(cache).find(names.subList(0, 9)).blocks());
  }

  private static int attach(SequenceKv kv, List<BlockHash> names) {
    SequenceKv.Prefix prefix = kv.find(names);
    kv.attach(names, prefix);
    return prefix.blocks();
  }
}
