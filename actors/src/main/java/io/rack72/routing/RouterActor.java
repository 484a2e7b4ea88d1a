package io.rack72.routing;

import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.kv.BlockHash;
import io.rack72.kv.KvMemory;
import io.rack72.schedule.SequenceId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Decides which GPU takes a sequence: the one where it costs the least, counting the tokens of its
 * prompt that the GPU has not computed for others, and what the GPU has to do already.
 *
 * <p><b>Owns</b> the load of each GPU, the prefixes that each was sent, and where each live
 * sequence is. <b>Receives</b> sequences to place and to cancel from their owners, and the end of
 * each from its GPU. <b>Sends</b> them to GPUs; tokens do not pass here. <b>On failure</b> of a GPU
 * every sequence ends with an error and new ones are refused: the rack's experts are no longer
 * whole.
 */
public final class RouterActor extends AbstractBehavior<RouterActor.Command> {
  /** What a router takes. */
  public sealed interface Command {}

  /** Place this sequence; {@code owner} is told of everything that becomes of it. */
  public record Submit(SequenceRequest request, ActorRef<SequenceEvent> owner) implements Command {}

  /** The owner no longer wants the sequence. Unknown ones are ignored: it may just have ended. */
  public record Cancel(SequenceId id) implements Command {}

  /** See {@link GpuActor.Pause}. */
  public record Pause(SequenceId id) implements Command {}

  /** See {@link GpuActor.Resume}. */
  public record Resume(SequenceId id) implements Command {}

  /** The rack computes no more: a part of it is gone, or it is being stopped. */
  public record RackLost(String why) implements Command {}

  private record Released(SequenceReleased sequence) implements Command {}

  private record Assignment(int gpu, long work, int attempt, ActorRef<SequenceEvent> owner) {}

  /**
   * What a reply is taken to have, where it may have more: few clients know the length of a reply
   * and most leave it to the model, whose replies are some hundreds of tokens.
   */
  private static final int EXPECTED_REPLY_TOKENS = 256;

  /** Blocks whose GPUs are remembered: at some 150 bytes each, about 40 MB. */
  private static final int PREFIX_BLOCKS = 1 << 18;

  private final SortedMap<GpuId, ActorRef<GpuActor.Command>> gpus;
  private final LeastLoaded load;
  private final PrefixMap prefixes;
  private final ActorRef<SequenceReleased> released;
  private final Map<SequenceId, Assignment> live = new TreeMap<>();
  private String lost;

  /**
   * A router over the GPUs that take sequences.
   *
   * @param kv of each GPU, in whose blocks prefixes are shared
   */
  public static Behavior<Command> create(
      SortedMap<GpuId, ActorRef<GpuActor.Command>> gpus, KvMemory kv) {
    return Behaviors.setup(context -> new RouterActor(context, gpus, kv));
  }

  private RouterActor(
      ActorContext<Command> context,
      SortedMap<GpuId, ActorRef<GpuActor.Command>> gpus,
      KvMemory kv) {
    super(context);
    this.gpus = gpus;
    prefixes = new PrefixMap(kv.blockTokens(), kv.sharesPrefixes(), PREFIX_BLOCKS);
    load = new LeastLoaded(new ArrayList<>(gpus.keySet()));
    released = context.messageAdapter(SequenceReleased.class, Released::new);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Submit(SequenceRequest request, ActorRef<SequenceEvent> owner) -> submit(request, owner);
      case Cancel(SequenceId id) -> pass(id, new GpuActor.Cancel(id));
      case Pause(SequenceId id) -> pass(id, new GpuActor.Pause(id));
      case Resume(SequenceId id) -> pass(id, new GpuActor.Resume(id));
      case Released(SequenceReleased(SequenceId id, int attempt, boolean closed)) -> {
        Assignment assignment = live.remove(id);
        if (assignment != null) {
          load.release(assignment.gpu(), assignment.work());
        }
      }
      case RackLost(String why) -> {
        lost = why;
        live.forEach(
            (id, assignment) ->
                fail(id, assignment.attempt(), assignment.owner(), "the rack has stopped: " + why));
        live.clear();
      }
    }
    return this;
  }

  private void submit(SequenceRequest request, ActorRef<SequenceEvent> owner) {
    if (lost != null) {
      fail(request.id(), request.attempt(), owner, "the rack has stopped: " + lost);
      return;
    }
    if (live.containsKey(request.id())) {
      fail(request.id(), request.attempt(), owner, request.id() + " is being generated already");
      return;
    }
    List<BlockHash> names = prefixes.names(request.promptIds(), request.standing().cacheSalt());
    long[] work = work(request, prefixes.tokensSent(names, load.size()));
    int gpu = load.assign(work);
    prefixes.sent(names, gpu);
    live.put(request.id(), new Assignment(gpu, work[gpu], request.attempt(), owner));
    gpus.get(load.gpu(gpu)).tell(new GpuActor.Admit(request, owner, released));
  }

  /** Tokens that a sequence adds to each GPU. */
  private static long[] work(SequenceRequest request, int[] tokensSent) {
    long reply = Math.min(request.params().maxTokens(), EXPECTED_REPLY_TOKENS);
    return Arrays.stream(tokensSent)
        .mapToLong(sent -> request.promptIds().length - sent + reply)
        .toArray();
  }

  private void pass(SequenceId id, GpuActor.Command command) {
    Assignment assignment = live.get(id);
    if (assignment != null) {
      gpus.get(load.gpu(assignment.gpu())).tell(command);
    }
  }

  private static void fail(
      SequenceId id, int attempt, ActorRef<SequenceEvent> owner, String detail) {
    owner.tell(new SequenceEvent.Ended(id, attempt, SequenceEvent.Cause.FAILED, detail));
  }
}
