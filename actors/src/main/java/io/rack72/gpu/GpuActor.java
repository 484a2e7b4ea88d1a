package io.rack72.gpu;

import io.rack72.fabric.Frame;
import io.rack72.rack.RackStatus;
import io.rack72.routing.SequenceEvent;
import io.rack72.routing.SequenceRequest;
import io.rack72.schedule.SequenceId;
import org.apache.pekko.actor.typed.ActorRef;

/** One GPU of the rack. */
public final class GpuActor {
  private GpuActor() {}

  /** What a GPU takes. */
  public sealed interface Command {}

  /** Generate this sequence. */
  public record Admit(SequenceRequest request, ActorRef<SequenceEvent> owner) implements Command {}

  /** Stop this sequence and free its blocks; unknown ones are ignored. */
  public record Cancel(SequenceId id) implements Command {}

  /** A frame has arrived through the port. */
  public record Deliver(Frame frame) implements Command {}

  /** Tell the GPU's state. */
  public record Report(ActorRef<RackStatus.Gpu> replyTo) implements Command {}
}
