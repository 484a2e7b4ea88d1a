package io.rack72.twin;

import io.rack72.clock.Clock;
import io.rack72.routing.RouterActor;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The host of a serving stack, for which requests of a modeled rack pass on their way to the
 * router.
 *
 * <p><b>Owns</b> nothing. <b>Receives</b> all that a router does. <b>Sends</b> it on to the router
 * in the same order, after the time that a host takes for a request. That is true of all messages,
 * so none overtakes the request that it is about. Only the rack's loss, which ends all requests,
 * and requests that go on after their GPU was lost, which a host has seen before, are told at once.
 */
final class RequestHost {
  private RequestHost() {}

  /**
   * A host that takes as long for every request, and for any number of them at once.
   *
   * @param requestNanos that a request takes; 0 for none
   */
  static Behavior<RouterActor.Command> before(
      ActorRef<RouterActor.Command> router, Clock clock, long requestNanos) {
    return Behaviors.receiveMessage(
        message -> {
          if (requestNanos == 0 || passesAtOnce(message)) {
            router.tell(message);
          } else {
            clock.wakeAt(sinceNanos(message, clock) + requestNanos, () -> router.tell(message));
          }
          return Behaviors.same();
        });
  }

  /** What a gateway has taken for a request already is part of the host's time. */
  private static long sinceNanos(RouterActor.Command message, Clock clock) {
    return message instanceof RouterActor.Submit submit
        ? submit.receivedNanos().orElseGet(clock::nowNanos)
        : clock.nowNanos();
  }

  private static boolean passesAtOnce(RouterActor.Command message) {
    return switch (message) {
      case RouterActor.RackLost _ -> true;
      case RouterActor.Submit submit -> submit.request().attempt() > 1;
      default -> false;
    };
  }
}
