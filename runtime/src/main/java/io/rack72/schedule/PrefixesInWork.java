package io.rack72.schedule;

import io.rack72.kv.BlockHash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which blocks running sequences are about to compute, so that others of the same beginning wait
 * for them instead of computing them a second time. A sequence that computes is in every step until
 * it ends or is preempted, so the wait ends. Not thread-safe.
 */
final class PrefixesInWork {
  private final Map<BlockHash, Sequence> computing = new HashMap<>();

  /** The sequence begins to compute the rest of the tokens that it has. */
  void begin(Sequence sequence) {
    List<BlockHash> names = sequence.names();
    for (BlockHash name : names.subList(sequence.namedBlocks(), names.size())) {
      computing.putIfAbsent(name, sequence);
    }
  }

  /** The sequence has computed its blocks of a range. */
  void computed(Sequence sequence, int from, int to) {
    if (from < to) {
      sequence.names().subList(from, to).forEach(name -> computing.remove(name, sequence));
    }
  }

  /** The sequence computes no more; it still has its blocks. */
  void end(Sequence sequence) {
    computed(sequence, sequence.namedBlocks(), sequence.names().size());
  }

  /** Whether the next block of a sequence that does not run is being computed by another. */
  boolean isNextOf(Sequence sequence) {
    List<BlockHash> names = sequence.names();
    int next = sequence.namedBlocks();
    // A block that ends with the last token could not be shared: its logits are wanted.
    return next < (sequence.length() - 1) / sequence.kv().layout().blockTokens()
        && next < names.size()
        && computing.containsKey(names.get(next));
  }
}
