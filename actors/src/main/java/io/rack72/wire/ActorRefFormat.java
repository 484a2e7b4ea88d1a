package io.rack72.wire;

import org.apache.pekko.actor.typed.ActorRef;

/** How references to actors become text, and text references. */
interface ActorRefFormat {
  /** With the address of the JVM on which the actor is. */
  String format(ActorRef<?> ref);

  /**
   * The actor of a text; where there is none, a reference that leads nowhere.
   *
   * @throws IllegalArgumentException if the text cannot be that of an actor
   */
  <T> ActorRef<T> resolve(String text);
}
