package io.rack72.schedule;

import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Prompts, of which nobody reads anything yet, make way for a sequence that had to move here in the
 * middle of its reply. Not thread-safe.
 */
final class WayForMoved {
  private final SchedulerLimits limits;
  private final KvLayout layout;
  private final int chunk;
  private final List<Sequence> running;
  private final WaitingQueue waiting;
  private final PrefixesInWork prefixes;

  /**
   * @param chunk rows that a sequence has in a step at most
   * @param running those that run, by rank; changes as they do
   */
  WayForMoved(
      SchedulerLimits limits,
      KvLayout layout,
      int chunk,
      List<Sequence> running,
      WaitingQueue waiting,
      PrefixesInWork prefixes) {
    this.limits = limits;
    this.layout = layout;
    this.chunk = chunk;
    this.running = running;
    this.waiting = waiting;
    this.prefixes = prefixes;
  }

  /**
   * Where a sequence that had to move here is the next to begin, and there is no place for it or
   * the full layers lack blocks, running prompts of its tenant that are behind it give theirs back,
   * the last first; unless that would not do.
   *
   * @param preempt lets a running sequence give its place and its blocks back
   * @return the one for which they have; empty where none had to or it would not do
   */
  Optional<Sequence> make(Consumer<Sequence> preempt) {
    if (waiting.size() == 0) {
      return Optional.empty();
    }
    Optional<Sequence> next = waiting.cursor().sequence().filter(Sequence::standsStill);
    SequenceKv.Prefix prefix = next.map(prefixes::findOrWait).orElse(null);
    if (prefix == null) {
      return Optional.empty();
    }
    Sequence moved = next.get();
    List<Sequence> prompts = new ArrayList<>();
    long promised = 0;
    // What they hold of its own prefix would not become free for it.
    long givenBack = -prefix.blocks();
    for (Sequence sequence : running) {
      promised += sequence.blocksToCome(layout);
      if (givesWay(sequence, moved)) {
        prompts.add(sequence);
        givenBack += sequence.kv().fullBlocksHeldAlone() + sequence.blocksToCome(layout);
      }
    }
    if (hasRoom(moved, promised)
        || prompts.isEmpty()
        || !fits(moved, promised - Math.max(0, givenBack))) {
      return Optional.empty();
    }
    while (!prompts.isEmpty() && !hasRoom(moved, promised)) {
      Sequence last = prompts.removeLast();
      promised -= last.blocksToCome(layout);
      preempt.accept(last);
    }
    return next;
  }

  private static boolean givesWay(Sequence sequence, Sequence moved) {
    return sequence.generated() == 0
        && sequence.standing().tenant().equals(moved.standing().tenant())
        && WaitingQueue.ORDER.compare(moved, sequence) < 0;
  }

  private boolean hasRoom(Sequence moved, long promised) {
    return running.size() < limits.maxRunning() && fits(moved, promised);
  }

  private boolean fits(Sequence moved, long promised) {
    SequenceKv.Prefix prefix = moved.findPrefix();
    int positions = Math.min(moved.length(), prefix.blocks() * layout.blockTokens() + chunk);
    return moved.kv().fits(prefix, moved.lengthSoon(layout), positions, promised);
  }
}
