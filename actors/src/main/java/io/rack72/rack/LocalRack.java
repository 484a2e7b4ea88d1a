package io.rack72.rack;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.Clock;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.placement.HbmBudget;
import io.rack72.routing.RouterActor;
import io.rack72.text.Tokenizer;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/** A whole rack in this JVM, computing with the weights of a checkpoint. */
public final class LocalRack implements AutoCloseable {
  private final RunningNode node;
  private final NodeParts parts;

  private LocalRack(RunningNode node, NodeParts parts) {
    this.node = node;
    this.parts = parts;
  }

  /** Starts a rack that nobody looks into while it computes. */
  public static LocalRack start(
      RackSettings settings,
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      Clock clock) {
    return start(settings, checkpoint, name, tokenizer, numerics, clock, ForwardObserver.NONE);
  }

  /**
   * Starts a rack.
   *
   * @param checkpoint stays open as long as the rack runs; closing it afterwards is the caller's
   * @param name by which clients ask for the model
   * @param numerics of this checkpoint, shared by all GPUs; stays open as long as the rack runs
   * @param observer of all GPUs, which call it at the same time
   * @throws HbmBudget.DoesNotFitException if weights and KV do not fit in the profile's HBM
   * @throws IllegalArgumentException if the KV memory does not hold even one sequence, or a step's
   *     tensors are too large for an array
   */
  public static LocalRack start(
      RackSettings settings,
      Checkpoint checkpoint,
      String name,
      Optional<Tokenizer> tokenizer,
      Numerics numerics,
      Clock clock,
      ForwardObserver observer) {
    return start(new NodeParts(settings, checkpoint, name, tokenizer, numerics, observer), clock);
  }

  /** Starts a rack of any parts. */
  public static LocalRack start(NodeParts parts, Clock clock) {
    RackSettings settings = parts.settings();
    NodeActor.Milestones milestones = new NodeActor.Milestones();
    ActorSystem<NodeActor.Command> system =
        ActorSystem.create(
            node(parts, clock, milestones),
            "rack72",
            ActorSettings.system(ActorSettings.alone(settings.computeThreads()), parts.threads()));
    RunningNode node = RunningNode.of(system, milestones);
    try {
      node.announce("");
      node.awaitReady();
      return new LocalRack(node, parts);
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** The only node of a whole rack, with the rack's keeper beside it; waits to be announced. */
  public static Behavior<NodeActor.Command> node(
      NodeParts parts, Clock clock, NodeActor.Milestones milestones) {
    RackSettings settings = parts.settings();
    return NodeActor.create(
        parts,
        NodeActor.Identity.whole(settings),
        clock,
        context ->
            context.spawn(KeeperActor.create(parts.rules(settings.profile().trays())), "keeper"),
        milestones);
  }

  /** The actor system; its guardian is the rack's only node. */
  public ActorSystem<NodeActor.Command> system() {
    return node.system();
  }

  /** Where sequences are submitted. */
  public ActorRef<RouterActor.Command> router() {
    return node.router();
  }

  /** What is served. */
  public ServedModel model() {
    return parts.model();
  }

  /** What the rack is made of. */
  public RackSettings settings() {
    return parts.settings();
  }

  /** Stops all actors, which frees the KV memory. */
  @Override
  public void close() {
    node.close();
  }
}
