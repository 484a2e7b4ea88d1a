package io.rack72.gateway;

import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * One client's connection, as far as its requests must know: when it is gone, each request that it
 * still waits for is told. Thread-safe.
 */
final class ClientConnection {
  private final Set<ActorRef<RequestActor.Command>> requests = new HashSet<>();
  private boolean closed;

  /** A request of this client is being answered. */
  synchronized void opened(ActorRef<RequestActor.Command> request) {
    if (closed) {
      request.tell(new RequestActor.Disconnected());
    } else {
      requests.add(request);
    }
  }

  /** The request has been answered. */
  synchronized void answered(ActorRef<RequestActor.Command> request) {
    requests.remove(request);
  }

  /** The client is gone. */
  synchronized void close() {
    closed = true;
    requests.forEach(request -> request.tell(new RequestActor.Disconnected()));
    requests.clear();
  }
}
