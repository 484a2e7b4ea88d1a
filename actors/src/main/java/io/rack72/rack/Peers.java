package io.rack72.rack;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;

/** How a node reaches the actors of other nodes: they have the same names everywhere. */
final class Peers {
  private final ActorSystem<?> system;

  Peers(ActorSystem<?> system) {
    this.system = system;
  }

  /** The actor of a node at a path that begins with {@code /user}. */
  <T> ActorRef<T> resolve(NodeId node, String path) {
    return ActorRefResolver.get(system)
        .resolveActorRef("pekko://" + system.name() + "@" + node.address() + path);
  }

  /** A node's guardian. */
  ActorRef<NodeActor.Command> node(NodeId node) {
    return resolve(node, "/user");
  }
}
