package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultOrder;
import io.rack72.rack.NodeActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Brings faults upon a node that lives, where it was started to take them. Thread-safe. */
public final class NodeFaults {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private final ActorSystem<NodeActor.Command> system;
  private final Network network;

  /**
   * @param node that was started to take faults
   */
  public NodeFaults(ClusterNode node) {
    system = node.node().system();
    network = new Network(system);
  }

  /**
   * Brings it about; it ends by itself.
   *
   * @return why it cannot be, or nothing
   */
  public Optional<String> suffer(FaultOrder order) throws InterruptedException {
    return switch (order.fault()) {
      case Fault.OfParts fault -> suffer(fault, order.seed());
      case Fault.Partition partition -> {
        network.cut(order, partition);
        yield Optional.empty();
      }
      case Fault.OfProcess _, Fault.CheckpointGone _ ->
          Optional.of("it is done to a process from outside, and not by the process itself");
    };
  }

  private Optional<String> suffer(Fault.OfParts fault, long seed) throws InterruptedException {
    try {
      return AskPattern.<NodeActor.Command, Optional<String>>ask(
              system,
              replyTo -> new NodeActor.Suffer(fault, seed, replyTo),
              ANSWER_LIMIT,
              system.scheduler())
          .toCompletableFuture()
          .get(ANSWER_LIMIT.toMillis(), MILLISECONDS);
    } catch (ExecutionException | TimeoutException _) {
      return Optional.of("the node's actor does not answer");
    }
  }
}
