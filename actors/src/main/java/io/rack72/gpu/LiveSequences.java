package io.rack72.gpu;

import io.rack72.hardware.GpuId;
import io.rack72.schedule.Sequence;
import io.rack72.schedule.SequenceId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The sequences that a GPU has, and all that their owners and routers are told of them. An owner is
 * watched for as long as it has one. Not thread-safe.
 */
final class LiveSequences {
  private final GpuId gpu;
  private final int incarnation;
  private final Consumer<ActorRef<SequenceEvent>> watch;
  private final Consumer<ActorRef<SequenceEvent>> unwatch;
  // In the order in which they came.
  private final Map<SequenceId, Live> live = new LinkedHashMap<>();
  // Sequences of each owner that is watched.
  private final Map<ActorRef<SequenceEvent>, Integer> owned = new HashMap<>();

  private record Live(
      int attempt, ActorRef<SequenceEvent> owner, ActorRef<SequenceReleased> router) {}

  /**
   * @param incarnation see {@link SequenceEvent.Placed}
   * @param watch begins to watch an owner
   * @param unwatch ends that
   */
  LiveSequences(
      GpuId gpu,
      int incarnation,
      Consumer<ActorRef<SequenceEvent>> watch,
      Consumer<ActorRef<SequenceEvent>> unwatch) {
    this.gpu = gpu;
    this.incarnation = incarnation;
    this.watch = watch;
    this.unwatch = unwatch;
  }

  /** Which attempt of a sequence is here; none where it is not. */
  OptionalInt attempt(SequenceId id) {
    Live there = live.get(id);
    return there == null ? OptionalInt.empty() : OptionalInt.of(there.attempt());
  }

  boolean has(SequenceId id) {
    return live.containsKey(id);
  }

  /** All that are here. A copy. */
  List<SequenceId> ids() {
    return List.copyOf(live.keySet());
  }

  /** Those of one owner. A copy. */
  List<SequenceId> idsOf(ActorRef<SequenceEvent> owner) {
    return live.entrySet().stream()
        .filter(each -> each.getValue().owner().equals(owner))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A sequence has been taken in. */
  void add(GpuActor.Admit admit, Sequence sequence) {
    SequenceId id = admit.request().id();
    int attempt = admit.request().attempt();
    Live there = new Live(attempt, admit.owner(), admit.router());
    live.put(id, there);
    sequence.attach(there);
    if (owned.merge(admit.owner(), 1, Integer::sum) == 1) {
      watch.accept(admit.owner());
    }
    admit.owner().tell(new SequenceEvent.Placed(id, attempt, gpu, incarnation));
  }

  /** A sequence is here no more, and nobody is told. */
  void remove(SequenceId id) {
    drop(id);
  }

  /** A sequence is here no more: it has ended, or nobody wants it. */
  void release(SequenceId id) {
    Live there = drop(id);
    there.router().tell(new SequenceReleased(id, there.attempt(), false));
  }

  /** A sequence has to go on elsewhere. */
  void giveBack(SequenceId id) {
    Live there = drop(id);
    tellMoved(id, there);
  }

  /** One that has not been taken in has to go elsewhere. */
  void turnAway(GpuActor.Admit admit) {
    tellMoved(
        admit.request().id(), new Live(admit.request().attempt(), admit.owner(), admit.router()));
  }

  private void tellMoved(SequenceId id, Live there) {
    // The router first, so that it does not choose this GPU again.
    there.router().tell(new SequenceReleased(id, there.attempt(), true));
    there
        .owner()
        .tell(
            new SequenceEvent.Ended(
                id,
                there.attempt(),
                SequenceEvent.Cause.MOVED,
                gpu + " takes no sequences any more"));
  }

  private Live drop(SequenceId id) {
    Live there = live.remove(id);
    if (owned.merge(there.owner(), -1, Integer::sum) == 0) {
      owned.remove(there.owner());
      unwatch.accept(there.owner());
    }
    return there;
  }

  /** A sequence is in its first step. */
  void tellStarted(Sequence sequence) {
    Live there = (Live) sequence.attachment();
    there
        .owner()
        .tell(new SequenceEvent.Started(sequence.id(), there.attempt(), sequence.cachedTokens()));
  }

  /** Sequences have their next tokens, and with the last one a sequence has ended. */
  void tellTokens(List<NextTokens.Next> tokens) {
    SequenceEvent.Token[] events = new SequenceEvent.Token[tokens.size()];
    for (int i = 0; i < events.length; i++) {
      NextTokens.Next next = tokens.get(i);
      Sequence sequence = next.sequence();
      int attempt = ((Live) sequence.attachment()).attempt();
      events[i] =
          new SequenceEvent.Token(
              sequence.id(), attempt, next.index(), next.token(), next.finish());
    }
    for (int i = 0; i < events.length; i++) {
      Live there = (Live) tokens.get(i).sequence().attachment();
      there.owner().tell(events[i]);
      if (events[i].finish().isPresent()) {
        release(events[i].id());
      }
    }
  }

  /** A sequence cannot go on, here or anywhere. */
  void fail(SequenceId id, String why) {
    Live there = live.get(id);
    there
        .owner()
        .tell(new SequenceEvent.Ended(id, there.attempt(), SequenceEvent.Cause.FAILED, why));
    release(id);
  }

  /**
   * Answers whoever asks after an attempt.
   *
   * @param generated tokens that it has, if it is here
   */
  void answer(GpuActor.Probe probe, int generated) {
    SequenceId id = probe.id();
    int attempt = probe.attempt();
    if (attempt(id).equals(OptionalInt.of(attempt))) {
      probe.owner().tell(new SequenceEvent.Alive(id, attempt, generated));
    } else {
      probe
          .owner()
          .tell(
              new SequenceEvent.Ended(
                  id, attempt, SequenceEvent.Cause.MOVED, gpu + " does not have it"));
    }
  }
}
