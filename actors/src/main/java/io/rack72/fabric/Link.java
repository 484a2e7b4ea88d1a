package io.rack72.fabric;

import org.apache.pekko.actor.typed.ActorRef;

/** How a port reaches another one. */
public sealed interface Link {
  /** The other port is in this JVM. */
  record Near(ActorRef<PortActor.Command> port) implements Link {}

  /** The other port is in another JVM, to which a trunk carries all that goes there. */
  record Far(ActorRef<Carry> trunk) implements Link {}
}
