package io.rack72.twin;

import io.rack72.clock.Clock;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * The host of a serving stack, for which requests of a modeled rack pass on their way to the
 * router.
 *
 * <p><b>Owns</b> the sequences whose requests it is at, any number of them at once. <b>Receives</b>
 * all that a router does. <b>Sends</b> it on to the router: a sequence after the time that a host
 * takes for a request, with what came about it meanwhile, and all else at once. A sequence that
 * goes on after its GPU was lost it has seen before. <b>On failure</b> the requests that it is at
 * are lost with it.
 */
final class RequestHost extends AbstractBehavior<Object> {
  /** The host's time for a request is over. */
  private record Done(SequenceId id, long dueNanos) {}

  private final ActorRef<RouterActor.Command> router;
  private final Clock clock;
  private final long requestNanos;
  private final LongConsumer due;
  private final Map<SequenceId, List<RouterActor.Command>> at = new LinkedHashMap<>();

  /**
   * A host that takes as long for every request.
   *
   * @param requestNanos that a request takes; 0 for none
   * @param due is told when a request goes on that its time was over, which on a clock that does
   *     not wait is some time before that
   */
  static Behavior<RouterActor.Command> before(
      ActorRef<RouterActor.Command> router, Clock clock, long requestNanos, LongConsumer due) {
    return Behaviors.<Object>setup(
            context -> new RequestHost(context, router, clock, requestNanos, due))
        .narrow();
  }

  private RequestHost(
      ActorContext<Object> context,
      ActorRef<RouterActor.Command> router,
      Clock clock,
      long requestNanos,
      LongConsumer due) {
    super(context);
    this.router = router;
    this.clock = clock;
    this.requestNanos = requestNanos;
    this.due = due;
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(Done.class, this::end)
        .onMessage(RouterActor.Submit.class, this::submit)
        .onMessage(RouterActor.CountLive.class, this::count)
        .onMessage(RouterActor.Command.class, this::pass)
        .build();
  }

  private Behavior<Object> submit(RouterActor.Submit submit) {
    SequenceId id = submit.request().id();
    if (requestNanos == 0 || submit.request().attempt() > 1) {
      due.accept(clock.nowNanos());
      router.tell(submit);
      return this;
    }
    if (at.containsKey(id)) {
      return pass(submit);
    }
    List<RouterActor.Command> about = new ArrayList<>(1);
    about.add(submit);
    at.put(id, about);
    // What a gateway has taken for a request already is part of the host's time.
    long sinceNanos = submit.receivedNanos().orElseGet(clock::nowNanos);
    ActorRef<Object> self = getContext().getSelf();
    long dueNanos = sinceNanos + requestNanos;
    clock.wakeAt(dueNanos, () -> self.tell(new Done(id, dueNanos)));
    return this;
  }

  private Behavior<Object> end(Done done) {
    due.accept(done.dueNanos());
    at.remove(done.id()).forEach(router::tell);
    return this;
  }

  /** Those that it is at are live too, and the router has all of them after so long. */
  private Behavior<Object> count(RouterActor.CountLive count) {
    if (at.isEmpty()) {
      router.tell(count);
    } else {
      clock.wakeAt(clock.nowNanos() + requestNanos, () -> router.tell(count));
    }
    return this;
  }

  private Behavior<Object> pass(RouterActor.Command message) {
    about(message)
        .map(at::get)
        .ifPresentOrElse(list -> list.add(message), () -> router.tell(message));
    return this;
  }

  /** The sequence that a message is about. */
  private static Optional<SequenceId> about(RouterActor.Command message) {
    return switch (message) {
      case RouterActor.Submit submit -> Optional.of(submit.request().id());
      case RouterActor.Pause(SequenceId id) -> Optional.of(id);
      case RouterActor.Resume(SequenceId id) -> Optional.of(id);
      case RouterActor.Cancel(SequenceId id) -> Optional.of(id);
      case RouterActor.Probe probe -> Optional.of(probe.id());
      default -> Optional.empty();
    };
  }
}
