package io.rack72.twin;

import io.rack72.fault.Fault;
import io.rack72.rack.ActorSettings;
import io.rack72.rack.LocalRack;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeParts;
import io.rack72.rack.RackStatus;
import io.rack72.rack.RackView;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A whole rack on virtual time: the actors of a {@link LocalRack}, moved by whoever moves the time.
 * Confined to that thread.
 */
public final class VirtualRack implements AutoCloseable {
  /** In virtual time. What a rack does of itself, without sequences, takes microseconds of it. */
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final VirtualTime time;
  private final ActorSystem<NodeActor.Command> system;
  private final ActorRef<RouterActor.Command> router;
  private int answers;

  private VirtualRack(
      VirtualTime time,
      ActorSystem<NodeActor.Command> system,
      ActorRef<RouterActor.Command> router) {
    this.time = time;
    this.system = system;
    this.router = router;
  }

  /** Starts a rack; it takes sequences when this returns. */
  public static VirtualRack start(NodeParts parts, VirtualTime time) {
    return start(parts, time, _ -> {});
  }

  /**
   * Starts a rack; it takes sequences when this returns.
   *
   * @param onView told of each view of the rack, at the instant from which it is followed
   */
  public static VirtualRack start(NodeParts parts, VirtualTime time, Consumer<RackView> onView) {
    NodeActor.Milestones milestones = new NodeActor.Milestones(onView);
    ActorSystem<NodeActor.Command> system =
        time.inside(
            () ->
                ActorSystem.create(
                    LocalRack.node(parts, time, milestones),
                    "rack72",
                    VirtualSettings.of(ActorSettings.alone(1))));
    try {
      system.tell(new NodeActor.Announce(""));
      awaited(time, milestones.ready());
      ActorRef<RouterActor.Command> router =
          awaited(
              time,
              AskPattern.<NodeActor.Command, ActorRef<RouterActor.Command>>ask(
                  system, NodeActor.FindRouter::new, DEADLINE, system.scheduler()));
      return new VirtualRack(time, system, router);
    } catch (RuntimeException e) {
      stop(time, system);
      throw e;
    }
  }

  /** Whose time it is on. */
  public VirtualTime time() {
    return time;
  }

  /** Where sequences are submitted. */
  public ActorRef<RouterActor.Command> router() {
    return router;
  }

  /**
   * Brings a fault upon the rack.
   *
   * @param seed of what the fault leaves to chance
   * @param outcome told at the same instant why that cannot be, or nothing
   */
  public void suffer(Fault.OfParts fault, long seed, Consumer<Optional<String>> outcome) {
    system.tell(new NodeActor.Suffer(fault, seed, once(outcome)));
  }

  /** Asks why the rack computes nothing, if that is so; answered at the same instant. */
  void health(Consumer<Optional<String>> trouble) {
    system.tell(new NodeActor.Health(once(trouble)));
  }

  /** Takes one answer: an actor, since a future's callbacks come by a thread of their own. */
  private <T> ActorRef<T> once(Consumer<T> taker) {
    Behavior<T> behavior =
        Behaviors.receiveMessage(
            answer -> {
              taker.accept(answer);
              return Behaviors.stopped();
            });
    return spawn(behavior, "once-" + answers++);
  }

  /** Starts an actor beside the rack, such as one that owns sequences. */
  public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
    return system.systemActorOf(behavior, name, Props.empty());
  }

  /** The rack's state now. Moves time on until all its parts have told theirs. */
  public RackStatus status() {
    return ask(NodeActor.Report::new);
  }

  private <T> T ask(Function<ActorRef<T>, NodeActor.Command> question) {
    return awaited(
        time,
        AskPattern.<NodeActor.Command, T>ask(
            system, question::apply, DEADLINE, system.scheduler()));
  }

  private static <T> T awaited(VirtualTime time, CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    if (!time.runWhile(() -> !future.isDone(), time.nowNanos() + DEADLINE.toNanos())) {
      throw new IllegalStateException("the rack's actors do not answer; the log says why");
    }
    return future.join();
  }

  /** Stops all actors, which frees the KV memory. Time goes on by what that takes. */
  @Override
  public void close() {
    stop(time, system);
  }

  private static void stop(VirtualTime time, ActorSystem<?> system) {
    system.terminate();
    awaited(time, system.getWhenTerminated());
  }
}
