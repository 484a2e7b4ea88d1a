package io.rack72.schedule;

import io.rack72.kv.BlockHash;
import io.rack72.kv.SequenceKv;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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
    // Most blocks that become whole are of replies, and mostly no prompt is being computed then.
    if (from < to && !computing.isEmpty()) {
      sequence.names().subList(from, to).forEach(name -> computing.remove(name, sequence));
    }
  }

  /** The sequence computes no more; it still has its blocks. */
  void end(Sequence sequence) {
    computed(sequence, sequence.namedBlocks(), sequence.names().size());
  }

  /**
   * What a sequence that does not run finds of its prefix; null where it must wait, since another
   * is computing the next block that it could share.
   */
  SequenceKv.Prefix findOrWait(Sequence sequence) {
    if (sequence.awaited().filter(computing::containsKey).isPresent()) {
      // Nothing has changed since it was last looked at: many may wait for one long prefix.
      return null;
    }
    SequenceKv.Prefix prefix = sequence.findPrefix();
    List<BlockHash> names = sequence.namesToShare();
    Optional<BlockHash> next =
        prefix.blocks() < names.size()
            ? Optional.of(names.get(prefix.blocks())).filter(computing::containsKey)
            : Optional.empty();
    sequence.await(next);
    return next.isPresent() ? null : prefix;
  }
}
