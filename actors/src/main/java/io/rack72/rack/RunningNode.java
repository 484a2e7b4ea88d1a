package io.rack72.rack;

import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** A node's actors, as those see them that are none. Thread-safe. */
public final class RunningNode implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);

  private final ActorSystem<NodeActor.Command> system;
  private final NodeActor.Milestones milestones;
  private final ActorRef<RouterActor.Command> router;

  private RunningNode(
      ActorSystem<NodeActor.Command> system,
      NodeActor.Milestones milestones,
      ActorRef<RouterActor.Command> router) {
    this.system = system;
    this.milestones = milestones;
    this.router = router;
  }

  /**
   * The node of a system that has just been made; where it does not start, the system is
   * terminated.
   */
  public static RunningNode of(
      ActorSystem<NodeActor.Command> system, NodeActor.Milestones milestones) {
    try {
      return new RunningNode(
          system,
          milestones,
          awaited(
              AskPattern.<NodeActor.Command, ActorRef<RouterActor.Command>>ask(
                      system, NodeActor.FindRouter::new, START_DEADLINE, system.scheduler())
                  .toCompletableFuture()));
    } catch (RuntimeException e) {
      system.terminate();
      throw e;
    }
  }

  /** The actor system; its guardian is the node. */
  public ActorSystem<NodeActor.Command> system() {
    return system;
  }

  /** Where sequences are submitted. */
  public ActorRef<RouterActor.Command> router() {
    return router;
  }

  /** What becomes of the node. */
  public NodeActor.Milestones milestones() {
    return milestones;
  }

  /** Asks to be let into the rack; see {@link NodeActor.Announce}. */
  public void announce(String http) {
    system.tell(new NodeActor.Announce(http));
  }

  /** Waits for a rack that needs nobody else to be ready. */
  void awaitReady() {
    awaited(milestones.ready());
  }

  private static <T> T awaited(CompletableFuture<T> future) {
    try {
      return future.get(START_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | CompletionException | TimeoutException e) {
      throw new IllegalStateException("the rack's actors did not start; the log says why", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the rack started", e);
    }
  }

  /** Stops all actors, which frees the KV memory. */
  @Override
  public void close() {
    system.terminate();
    try {
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(STOP_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "the rack's actors have not stopped within " + STOP_DEADLINE.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the rack's actors did not stop in order", e);
    }
  }
}
