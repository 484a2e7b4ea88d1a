package io.rack72.gateway;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * One client's connection. When the client is gone, each request that it still waits for is told;
 * when the client asks for nothing for long, it is hung up on. Thread-safe.
 */
final class ClientConnection {
  private final ActorSystem<?> system;
  private final Duration idleLimit;
  private final Runnable hangUp;
  private final Set<ActorRef<RequestActor.Command>> owners = new HashSet<>();
  private Cancellable idle;
  private int replies;
  private boolean asksNoMore;
  private boolean closed;

  /**
   * @param idleLimit how long the connection is kept while nothing is being answered
   * @param hangUp closes it
   */
  ClientConnection(ActorSystem<?> system, Duration idleLimit, Runnable hangUp) {
    this.system = system;
    this.idleLimit = idleLimit;
    this.hangUp = hangUp;
    idle = awaitRequest();
  }

  /** A reply is being made or sent. */
  synchronized void replyBegins() {
    replies++;
    idle.cancel();
  }

  /** A reply that had begun is over. */
  synchronized void replyEnds() {
    replies--;
    if (replies > 0 || closed) {
      return;
    }
    if (asksNoMore) {
      hangUp.run();
    } else {
      idle = awaitRequest();
    }
  }

  /** This actor is to be told when the client is gone. */
  synchronized void tellOfClose(ActorRef<RequestActor.Command> owner) {
    if (closed) {
      owner.tell(new RequestActor.Disconnected());
    } else {
      owners.add(owner);
    }
  }

  /** This actor need not be told any more. */
  synchronized void forget(ActorRef<RequestActor.Command> owner) {
    owners.remove(owner);
  }

  /** The client has sent its last request; when it has the reply, it is hung up on. */
  synchronized void asksNoMore() {
    asksNoMore = true;
    idle.cancel();
    if (replies == 0) {
      hangUp.run();
    }
  }

  /** The client is gone. */
  synchronized void close() {
    closed = true;
    idle.cancel();
    owners.forEach(owner -> owner.tell(new RequestActor.Disconnected()));
    owners.clear();
  }

  /** Whether the client is gone, so that nothing need be done for it any more. */
  synchronized boolean isClosed() {
    return closed;
  }

  private Cancellable awaitRequest() {
    return system
        .scheduler()
        .scheduleOnce(idleLimit, this::hangUpIfIdle, system.executionContext());
  }

  private synchronized void hangUpIfIdle() {
    // A request may have come in while the timer went off.
    if (replies == 0) {
      hangUp.run();
    }
  }
}
