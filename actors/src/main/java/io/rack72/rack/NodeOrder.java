package io.rack72.rack;

import io.rack72.hardware.GpuId;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/** What a node is told, by the keeper but for {@link Report}. */
public sealed interface NodeOrder extends NodeActor.Command, Control {
  /** Be ready to follow this view, beside the one that is followed now. */
  record Prepare(RackView view) implements NodeOrder {}

  /**
   * Follow a view that was prepared.
   *
   * @param lost GPUs that were in earlier views and will not answer any more
   */
  record Commit(long epoch, Set<GpuId> lost) implements NodeOrder {}

  /** All follow this view: forget those before it. */
  record Release(long epoch) implements NodeOrder {}

  /**
   * What is left of the rack cannot hold the model: end what runs, and take nothing, until the next
   * view is followed.
   */
  record NoRoom(String reason) implements NodeOrder {}

  /** The node is not let into the rack. */
  record Refuse(String reason) implements NodeOrder {}

  /** Nobody needs the node any more. */
  record MayLeave() implements NodeOrder {}

  /** Tell the node's part of a report. */
  record Report(ActorRef<NodeReport> replyTo) implements NodeOrder {}
}
