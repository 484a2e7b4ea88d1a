package io.rack72.rack;

import org.apache.pekko.actor.typed.ActorRef;

/** The rack as a whole. */
public final class RackActor {
  private RackActor() {}

  /** What a rack takes. */
  public sealed interface Command {}

  /** Tell the state of every GPU. */
  public record Report(ActorRef<RackStatus> replyTo) implements Command {}

  /** Tell whether the rack can compute: empty, or one sentence that says what is wrong. */
  public record Health(ActorRef<java.util.Optional<String>> replyTo) implements Command {}
}
