package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import io.rack72.kv.TinyLayouts;
import io.rack72.model.StepBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Stands in for a model. Into each position's memory it writes a mark that depends on what keys and
 * values depend on, and reads back everything that attention would see: a block that was shared
 * wrongly, was given to two sequences, or lost what was computed, shows as a foreign mark.
 */
final class MarkingModel {
  private static final ValueLayout.OfInt MARK = ValueLayout.JAVA_INT;

  private final KvCache cache;
  private final KvLayout layout;
  private final int window;

  MarkingModel(KvCache cache) {
    this.cache = cache;
    layout = cache.layout();
    window = layout.config().slidingWindow();
  }

  /** Computes a slice whose tokens begin at a row of the batch. */
  void compute(StepBatch batch, StepBatch.Slice slice, TrackedSequence tracked) {
    int first = slice.firstPosition();
    for (int row = 0; row < slice.rows(); row++) {
      assertEquals(tracked.token(first + row), batch.tokenIds()[slice.firstRow() + row]);
    }
    for (int layer = 0; layer < layout.config().layers(); layer++) {
      boolean sliding = layout.config().sliding(layer);
      MemorySegment[] blocks = slice.kv().blocks(sliding);
      int end = first + slice.rows();
      for (int position = first; position < end; position++) {
        block(blocks, position).set(MARK, offset(layer, position), tracked.mark(position));
      }
      for (int position = sliding ? Math.max(0, first - window + 1) : 0;
          position < end;
          position++) {
        int found = block(blocks, position).get(MARK, offset(layer, position));
        if (found != tracked.mark(position)) {
          throw new AssertionError(
              "layer " + layer + " has something else at position " + position + " of " + tracked);
        }
      }
    }
  }

  /**
   * Checks that blocks are neither lost nor taken twice, and that those held by several sequences
   * are whole: nobody writes to them any more.
   *
   * @return blocks that several sequences hold
   */
  int checkHeld(Collection<TrackedSequence> live, Collection<TrackedSequence> endedInStep) {
    return checkHeld(live, endedInStep, false) + checkHeld(live, endedInStep, true);
  }

  private int checkHeld(
      Collection<TrackedSequence> live, Collection<TrackedSequence> endedInStep, boolean sliding) {
    Set<Long> held = new HashSet<>();
    Set<Long> written = new HashSet<>();
    Set<Long> shared = new HashSet<>();
    for (Collection<TrackedSequence> holders : List.of(live, endedInStep)) {
      for (TrackedSequence tracked : holders) {
        SequenceKv kv = tracked.sequence.kv();
        if (tracked.place == TrackedSequence.Place.WAITING
            || tracked.place == TrackedSequence.Place.PAUSED) {
          assertEquals(0, kv.fullBlocks() + kv.slidingBlocks(), "one that does not run holds some");
          continue;
        }
        MemorySegment[] blocks = kv.blocks(sliding);
        int count = 0;
        for (int i = 0; i < blocks.length; i++) {
          if (blocks[i] != null) {
            count++;
            long address = blocks[i].address();
            if ((i + 1) * layout.blockTokens() > tracked.computed) {
              written.add(address);
            }
            if (!held.add(address)) {
              shared.add(address);
            }
          }
        }
        assertEquals(sliding ? kv.slidingBlocks() : kv.fullBlocks(), count);
      }
    }
    int free = (sliding ? cache.sliding() : cache.full()).freeBlocks();
    int capacity = (sliding ? cache.sliding() : cache.full()).capacity();
    assertEquals(capacity, held.size() + free, "a block is lost, or free and held");
    for (long address : shared) {
      assertTrue(!written.contains(address), "a block is shared that is still written to");
    }
    return shared.size();
  }

  private MemorySegment block(MemorySegment[] blocks, int position) {
    return blocks[position / layout.blockTokens()];
  }

  private long offset(int layer, int position) {
    long inBlock = (position % layout.blockTokens()) * (TinyLayouts.POSITION_BYTES / 2L);
    return layout.keyOffsetBytes(layer) + inBlock;
  }
}
