package io.rack72.routing;

import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.kv.BlockHash;
import io.rack72.kv.KvMemory;
import io.rack72.schedule.SequenceId;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Decides which GPU takes a sequence: the one where it costs the least, counting the tokens of its
 * prompt that the GPU has not computed for others, and what the GPU has to do already. Each gateway
 * has a router of its own, which knows of what that gateway has sent. A sequence that goes on in
 * the middle of its reply has a reader who waits. It is computed before what the GPU has to do for
 * others, but after others that go on, so where there are such it costs more. And GPUs that came to
 * a running rack and have not finished a sequence since have a handicap with it: such a one has
 * nothing to do, but in a JVM that has yet to compile what it does it is the slowest.
 *
 * <p><b>Owns</b> the load of each GPU, the prefixes that each was sent, where each live sequence
 * is, and those that wait for a GPU to take sequences at all. <b>Receives</b> the placement's GPUs,
 * sequences to place and to cancel from their owners, the end of each from its GPU, and the end of
 * owners that have some. <b>Sends</b> them to GPUs; tokens do not pass here. <b>On failure</b> of a
 * GPU its sequences are given back to their owners, to be submitted again; when the rack computes
 * no more every sequence ends with an error and new ones are refused.
 */
public final class RouterActor extends AbstractBehavior<RouterActor.Command> {
  /** What a router takes. */
  public sealed interface Command {}

  /**
   * These GPUs take sequences, and no others.
   *
   * @param lost GPUs whose sequences nobody computes any more
   */
  public record Route(SortedMap<GpuId, ActorRef<GpuActor.Command>> gpus, Set<GpuId> lost)
      implements Command {}

  /**
   * These GPUs are not to be relied on, until told otherwise.
   *
   * @param out their sequences are given back to their owners, and none is sent there
   * @param slow of the others those behind slow ports: they go on with what they have, and get more
   *     only where all are slow
   */
  public record Avoid(Set<GpuId> out, Set<GpuId> slow) implements Command {}

  /** Tell how many sequences are live. */
  public record CountLive(ActorRef<Integer> replyTo) implements Command {}

  /**
   * Place this sequence; {@code owner} is told of everything that becomes of it. A later attempt
   * takes the place of an earlier one.
   *
   * @param receivedNanos when its client's request came, on the rack's clock, where that is told
   * @param computedBy the GPU that may still have what it computed of the sequence, where one may
   */
  public record Submit(
      SequenceRequest request,
      ActorRef<SequenceEvent> owner,
      OptionalLong receivedNanos,
      Optional<GpuId> computedBy)
      implements Command {
    public Submit(SequenceRequest request, ActorRef<SequenceEvent> owner) {
      this(request, owner, OptionalLong.empty(), Optional.empty());
    }
  }

  /** The owner no longer wants the sequence. Unknown ones are ignored: it may just have ended. */
  public record Cancel(SequenceId id) implements Command {}

  /**
   * An earlier attempt still runs on a GPU, which has been out of reach meanwhile: stop it there.
   */
  public record Evict(GpuId gpu, SequenceId id, int attempt) implements Command {}

  /**
   * The owner has heard nothing of an attempt for long. It is told {@link SequenceEvent.Alive}, or
   * that the attempt is over, unless its GPU does not answer either.
   */
  public record Probe(SequenceId id, int attempt, ActorRef<SequenceEvent> owner)
      implements Command {}

  /** See {@link GpuActor.Pause}. */
  public record Pause(SequenceId id) implements Command {}

  /** See {@link GpuActor.Resume}. */
  public record Resume(SequenceId id) implements Command {}

  /** The rack computes no more: a part of it is gone, or it is being stopped. */
  public record RackLost(String why) implements Command {}

  private record Released(SequenceReleased sequence) implements Command {}

  private record OwnerGone(ActorRef<SequenceEvent> owner) implements Command {}

  /**
   * @param again tokens of the work that are computed again before the sequence goes on
   */
  private record Assignment(
      int gpu, long work, long again, int attempt, ActorRef<SequenceEvent> owner) {}

  private static final class Parked {
    private final Submit submit;
    private boolean paused;

    Parked(Submit submit) {
      this.submit = submit;
    }

    Parked pause(boolean now) {
      paused = now;
      return this;
    }
  }

  /**
   * What a reply is taken to have, where it may have more: few clients know the length of a reply
   * and most leave it to the model, whose replies are some hundreds of tokens.
   */
  private static final int EXPECTED_REPLY_TOKENS = 256;

  /** More than any GPU has to do, so that others come first. */
  private static final long SLOW_HANDICAP = 1L << 40;

  /** As of some dozen usual sequences, so that one GPU that is not fresh does not get all. */
  private static final long FRESH_HANDICAP = 8192;

  /**
   * What a token that is computed again before a sequence goes on counts more than others, so that
   * what a GPU has to do for others does not outweigh it, of which there is some dozen times more.
   */
  private static final int AGAIN_WEIGHT = 4;

  /** Blocks whose GPUs are remembered: at some 60 bytes each, about 16 MB. */
  private static final int PREFIX_BLOCKS = 1 << 18;

  private final LeastLoaded load;
  private final PrefixMap prefixes;
  private final ActorRef<SequenceReleased> released;
  private final Map<SequenceId, Assignment> live = new TreeMap<>();
  // Live sequences of each owner, which is watched meanwhile: what a GPU says of a sequence's end
  // may be lost on its way here, and not on its way to the owner.
  private final Map<ActorRef<SequenceEvent>, Integer> owned = new HashMap<>();
  // In the order in which they came.
  private final Map<SequenceId, Parked> parked = new LinkedHashMap<>();
  // All that were ever routed to: one that takes no more sequences may still have some.
  private final SortedMap<GpuId, ActorRef<GpuActor.Command>> gpus = new TreeMap<>();
  // Tokens that each GPU computes again, by index; of sequences that have not ended.
  private final long[] again;
  private final Set<GpuId> attending = new TreeSet<>();
  // Indices of those that came when others were here, and have not let go of a sequence since.
  private final BitSet fresh = new BitSet();
  private Set<GpuId> out = Set.of();
  private Set<GpuId> slow = Set.of();
  private String lost;

  /**
   * A router that keeps sequences until there are GPUs to send them to.
   *
   * @param rackGpus GPUs of the rack, whether they are there or not
   * @param kv of each GPU, in whose blocks prefixes are shared
   * @param firstOfEquals index of the GPU from which on GPUs come first that cost the same
   */
  public static Behavior<Command> create(int rackGpus, KvMemory kv, int firstOfEquals) {
    return Behaviors.setup(context -> new RouterActor(context, rackGpus, kv, firstOfEquals));
  }

  private RouterActor(ActorContext<Command> context, int rackGpus, KvMemory kv, int firstOfEquals) {
    super(context);
    prefixes = new PrefixMap(kv.blockTokens(), kv.sharesPrefixes(), PREFIX_BLOCKS);
    load = new LeastLoaded(rackGpus, firstOfEquals);
    again = new long[rackGpus];
    released = context.messageAdapter(SequenceReleased.class, Released::new);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Route(var open, Set<GpuId> gone) -> route(open, gone);
      case Avoid(Set<GpuId> nowOut, Set<GpuId> nowSlow) -> {
        out = nowOut;
        slow = nowSlow;
        openAllButThoseOut();
        giveBack(nowOut, "does not answer");
        placeParked();
      }
      case CountLive(ActorRef<Integer> replyTo) -> replyTo.tell(live.size() + parked.size());
      case Submit submit -> submit(submit);
      case Cancel(SequenceId id) -> {
        parked.remove(id);
        Assignment there = live.get(id);
        if (there != null) {
          pass(id, new GpuActor.Cancel(id, there.attempt()));
          // The GPU may have let it go with its owner, and then says nothing.
          forget(id);
        }
      }
      case OwnerGone(ActorRef<SequenceEvent> owner) -> letGoAllOf(owner);
      case Evict(GpuId gpu, SequenceId id, int attempt) -> {
        if (gpus.containsKey(gpu)) {
          gpus.get(gpu).tell(new GpuActor.Cancel(id, attempt));
        }
      }
      case Probe probe -> probe(probe);
      case Pause(SequenceId id) -> {
        parked.computeIfPresent(id, (_, waiting) -> waiting.pause(true));
        pass(id, new GpuActor.Pause(id));
      }
      case Resume(SequenceId id) -> {
        parked.computeIfPresent(id, (_, waiting) -> waiting.pause(false));
        pass(id, new GpuActor.Resume(id));
      }
      case Released(SequenceReleased sequence) -> release(sequence);
      case RackLost(String why) -> {
        lost = why;
        live.forEach((id, there) -> refuse(id, there.attempt(), there.owner()));
        List.copyOf(live.keySet()).forEach(this::forget);
        parked.values().forEach(waiting -> refuse(waiting.submit));
        parked.clear();
      }
    }
    return this;
  }

  private void route(SortedMap<GpuId, ActorRef<GpuActor.Command>> open, Set<GpuId> gone) {
    // Where a part of the rack is back that it could not do without.
    lost = null;
    gpus.putAll(open);
    Set<GpuId> stay = new TreeSet<>(attending);
    stay.retainAll(open.keySet());
    stay.removeAll(gone);
    if (!stay.isEmpty()) {
      open.keySet().stream()
          .filter(gpu -> !stay.contains(gpu))
          .forEach(gpu -> fresh.set(gpu.index()));
    }
    attending.clear();
    attending.addAll(open.keySet());
    openAllButThoseOut();
    giveBack(gone, "is gone");
    placeParked();
  }

  private void openAllButThoseOut() {
    Set<GpuId> open = new TreeSet<>(attending);
    open.removeAll(out);
    load.open(open);
  }

  /** Ends the attempts on some GPUs; what these still send of them is refused by the owners. */
  private void giveBack(Set<GpuId> from, String why) {
    for (SequenceId id : List.copyOf(live.keySet())) {
      Assignment there = live.get(id);
      GpuId gpu = new GpuId(there.gpu());
      if (from.contains(gpu)) {
        // Where it is only out of reach it hears of it some day.
        gpus.get(gpu).tell(new GpuActor.Cancel(id, there.attempt()));
        forget(id);
        there
            .owner()
            .tell(
                new SequenceEvent.Ended(
                    id, there.attempt(), SequenceEvent.Cause.LOST, gpu + " " + why));
      }
    }
  }

  private void placeParked() {
    List<Parked> waiting = List.copyOf(parked.values());
    parked.clear();
    for (Parked next : waiting) {
      place(next.submit);
      if (next.paused) {
        SequenceId id = next.submit.request().id();
        parked.computeIfPresent(id, (_, still) -> still.pause(true));
        pass(id, new GpuActor.Pause(id));
      }
    }
  }

  private void probe(Probe probe) {
    Assignment there = live.get(probe.id());
    if (there != null && there.attempt() == probe.attempt()) {
      gpus.get(new GpuId(there.gpu()))
          .tell(new GpuActor.Probe(probe.id(), probe.attempt(), probe.owner()));
    } else if (parked.containsKey(probe.id())) {
      // It waits for a GPU, and that can take as long as it likes.
      probe.owner().tell(new SequenceEvent.Alive(probe.id(), probe.attempt(), 0));
    } else {
      probe
          .owner()
          .tell(
              new SequenceEvent.Ended(
                  probe.id(),
                  probe.attempt(),
                  SequenceEvent.Cause.MOVED,
                  "no GPU has " + probe.id()));
    }
  }

  private void release(SequenceReleased sequence) {
    Assignment there = live.get(sequence.id());
    if (there == null || there.attempt() != sequence.attempt()) {
      return;
    }
    if (sequence.closed()) {
      attending.remove(new GpuId(there.gpu()));
      load.close(there.gpu());
    } else {
      fresh.clear(there.gpu());
    }
    forget(sequence.id());
  }

  private void forget(SequenceId id) {
    Assignment there = live.remove(id);
    load.release(there.gpu(), there.work());
    again[there.gpu()] -= there.again();
    if (owned.merge(there.owner(), -1, Integer::sum) == 0) {
      owned.remove(there.owner());
      getContext().unwatch(there.owner());
    }
  }

  private void letGoAllOf(ActorRef<SequenceEvent> owner) {
    for (SequenceId id : List.copyOf(live.keySet())) {
      Assignment there = live.get(id);
      if (there.owner().equals(owner)) {
        pass(id, new GpuActor.Cancel(id, there.attempt()));
        forget(id);
      }
    }
  }

  private void submit(Submit submit) {
    SequenceRequest request = submit.request();
    SequenceId id = request.id();
    if (lost != null) {
      refuse(submit);
      return;
    }
    Assignment there = live.get(id);
    Parked waiting = parked.get(id);
    if ((waiting != null && waiting.submit.request().attempt() >= request.attempt())
        || (there != null && there.attempt() >= request.attempt())) {
      end(
          id,
          request.attempt(),
          submit.owner(),
          SequenceEvent.Cause.FAILED,
          id + " is being generated already");
      return;
    }
    parked.remove(id);
    if (there != null) {
      pass(id, new GpuActor.Cancel(id, there.attempt()));
      forget(id);
    }
    place(submit);
  }

  private void place(Submit submit) {
    SequenceRequest request = submit.request();
    List<BlockHash> names = prefixes.names(request.promptIds(), request.standing().cacheSalt());
    int[] sent = prefixes.tokensSent(names, load.size());
    submit
        .computedBy()
        .filter(gpu -> gpus.containsKey(gpu))
        .ifPresent(gpu -> sent[gpu.index()] = tokens(request));
    long[] work = work(request, sent);
    OptionalInt best = load.assign(work, handicaps(submit, sent));
    if (best.isEmpty()) {
      // As many at most as the gateway takes on.
      parked.put(request.id(), new Parked(submit));
      return;
    }
    int gpu = best.getAsInt();
    prefixes.sent(names, gpu);
    long computedAgain = goesOn(request) ? tokens(request) - sent[gpu] : 0;
    again[gpu] += computedAgain;
    live.put(
        request.id(),
        new Assignment(gpu, work[gpu], computedAgain, request.attempt(), submit.owner()));
    if (owned.merge(submit.owner(), 1, Integer::sum) == 1) {
      getContext().watchWith(submit.owner(), new OwnerGone(submit.owner()));
    }
    gpus.get(new GpuId(gpu)).tell(new GpuActor.Admit(request, submit.owner(), released));
  }

  /** Tokens by which each GPU is taken to have more to do than it has, for one sequence. */
  private long[] handicaps(Submit submit, int[] sent) {
    long[] handicaps = new long[load.size()];
    slow.forEach(gpu -> handicaps[gpu.index()] = SLOW_HANDICAP);
    if (goesOn(submit.request())) {
      int tokens = tokens(submit.request());
      Arrays.setAll(
          handicaps, gpu -> handicaps[gpu] + AGAIN_WEIGHT * (again[gpu] + tokens - sent[gpu]));
      // However much others compute again, that does not drive one to a GPU that is fresh.
      long most = AGAIN_WEIGHT * Arrays.stream(again).max().orElse(0);
      fresh.stream()
          .filter(gpu -> !submit.computedBy().equals(Optional.of(new GpuId(gpu))))
          .forEach(gpu -> handicaps[gpu] += FRESH_HANDICAP + most);
    }
    return handicaps;
  }

  private static boolean goesOn(SequenceRequest request) {
    return request.generatedIds().length > 0;
  }

  /** Tokens that a sequence adds to each GPU. */
  private static long[] work(SequenceRequest request, int[] tokensComputed) {
    long reply = Math.min(request.params().maxTokens(), EXPECTED_REPLY_TOKENS);
    return Arrays.stream(tokensComputed)
        .mapToLong(computed -> tokens(request) - computed + reply)
        .toArray();
  }

  private static int tokens(SequenceRequest request) {
    return request.promptIds().length + request.generatedIds().length;
  }

  private void pass(SequenceId id, GpuActor.Command command) {
    Assignment assignment = live.get(id);
    if (assignment != null) {
      gpus.get(new GpuId(assignment.gpu())).tell(command);
    }
  }

  private void refuse(Submit submit) {
    refuse(submit.request().id(), submit.request().attempt(), submit.owner());
  }

  private void refuse(SequenceId id, int attempt, ActorRef<SequenceEvent> owner) {
    end(id, attempt, owner, SequenceEvent.Cause.UNAVAILABLE, "the rack cannot serve now: " + lost);
  }

  private static void end(
      SequenceId id,
      int attempt,
      ActorRef<SequenceEvent> owner,
      SequenceEvent.Cause cause,
      String detail) {
    owner.tell(new SequenceEvent.Ended(id, attempt, cause, detail));
  }
}
