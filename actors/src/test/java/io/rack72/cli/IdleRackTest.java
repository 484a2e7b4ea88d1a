package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.fabric.PortCounters;
import io.rack72.gpu.GpuStatus;
import io.rack72.rack.RackActor;
import io.rack72.rack.RackStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class IdleRackTest {
  private static final Duration VERY_LONG = Duration.ofHours(1);

  private final AtomicInteger reports = new AtomicInteger();

  @Test
  @Timeout(60)
  void rackThatDoesNotAnswerIsBusyAndIsAskedAgain() {
    // The first question is never answered, as by a GPU in a long step.
    await(rack(Optional.empty(), -1, 1, 0, 0), VERY_LONG);
    assertEquals(4, reports.get());
  }

  @Test
  @Timeout(60)
  void oneIdleLookIsNotEnough() {
    await(rack(Optional.empty(), 0, 1, 0, 0), VERY_LONG);
    assertEquals(4, reports.get());
  }

  @Test
  @Timeout(60)
  void rackThatIsBusyForeverIsWaitedForNoLongerThanTheLimit() {
    await(rack(Optional.empty(), 1), Duration.ofMillis(300));
  }

  @Test
  @Timeout(60)
  void rackThatCanNoLongerComputeHasNothingToDo() {
    await(rack(Optional.of("a GPU has failed"), -1), VERY_LONG);
    assertEquals(0, reports.get());
  }

  private static void await(Behavior<RackActor.Command> rack, Duration limit) {
    ActorSystem<RackActor.Command> system = ActorSystem.create(rack, "idle-rack-test");
    try {
      IdleRack.await(system, limit);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  /** A rack with so many sequences at each report; at -1 it does not answer, and the last stays. */
  private Behavior<RackActor.Command> rack(Optional<String> illness, int... sequences) {
    return Behaviors.receiveMessage(
        command -> {
          switch (command) {
            case RackActor.Health(var replyTo) -> replyTo.tell(illness);
            case RackActor.Report(var replyTo) -> {
              int look = Math.min(reports.getAndIncrement(), sequences.length - 1);
              if (sequences[look] >= 0) {
                replyTo.tell(status(sequences[look]));
              }
            }
            default -> throw new AssertionError(command);
          }
          return Behaviors.same();
        });
  }

  private static RackStatus status(int sequencesRunning) {
    GpuStatus.Blocks blocks = new GpuStatus.Blocks(1, 0, 1, 0, 0);
    GpuStatus gpu =
        new GpuStatus(
            0, 0, 1, 1, 1, blocks, blocks, sequencesRunning, 0, 0, 0, 0, 0, 0, PortCounters.NONE);
    return new RackStatus("test", "test", "none", 1, 1, 1, "ok", List.of(gpu));
  }
}
