package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.TinyLayouts;
import io.rack72.sampling.ParamsBuilder;
import org.junit.jupiter.api.Test;

class PrefixesInWorkTest {
  private final KvCache cache = new KvCache(TinyLayouts.layout("sf", 4, 1000, 4), 20, 20);
  private final PrefixesInWork prefixes = new PrefixesInWork();
  private int sequences;

  @Test
  void aBlockIsInWorkFromTheBeginningUntilItIsComputed() {
    Sequence first = sequence(13, 5);
    Sequence other = sequence(13, 5);
    assertFalse(waits(other));
    prefixes.begin(first);
    assertTrue(waits(other));
    first.grow(8);
    first.advance(8);
    prefixes.computed(first, 0, 2);
    assertTrue(waits(other), "its first block is there, and its third is being computed");
    prefixes.end(first);
    assertFalse(waits(other));
  }

  @Test
  void aBlockThatEndsWithTheLastTokenIsNotWaitedFor() {
    prefixes.begin(sequence(13, 5));
    assertFalse(waits(sequence(4, 5)));
    assertTrue(waits(sequence(5, 5)));
    assertFalse(waits(sequence(3, 5)));
    assertFalse(waits(sequence(13, 6)));
  }

  @Test
  void theEndOfOneThatBeganLaterChangesNothingForTheFirst() {
    Sequence first = sequence(9, 5);
    Sequence second = sequence(9, 5);
    prefixes.begin(first);
    prefixes.begin(second);
    prefixes.end(second);
    assertTrue(waits(sequence(9, 5)));
    prefixes.end(first);
    assertFalse(waits(sequence(9, 5)));
  }

  @Test
  void onlyWhatNeedNotWaitFindsItsPrefix() {
    Sequence first = sequence(13, 5);
    Sequence other = sequence(13, 5);
    prefixes.begin(first);
    first.grow(8);
    first.advance(8);
    prefixes.computed(first, 0, 2);
    assertNull(prefixes.findOrWait(other));
    prefixes.end(first);
    assertEquals(2, prefixes.findOrWait(other).blocks());
    assertEquals(0, other.kv().fullBlocks(), "looking holds nothing");
  }

  private boolean waits(Sequence sequence) {
    return prefixes.findOrWait(sequence) == null;
  }

  private Sequence sequence(int length, int token) {
    return new Sequence(
        new SequenceId("r" + sequences, 0),
        SchedulerDriver.filled(length, token),
        new int[0],
        ParamsBuilder.params().build(),
        Standing.DEFAULT,
        sequences++,
        1,
        100,
        cache);
  }
}
