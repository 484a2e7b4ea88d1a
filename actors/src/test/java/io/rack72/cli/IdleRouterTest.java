package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class IdleRouterTest {
  private static final Duration VERY_LONG = Duration.ofHours(1);

  private final AtomicInteger questions = new AtomicInteger();

  @Test
  @Timeout(60)
  void routerThatDoesNotAnswerIsBusyAndIsAskedAgain() {
    await(router(-1, 1, 0, 0), VERY_LONG);
    assertEquals(4, questions.get());
  }

  @Test
  @Timeout(60)
  void oneIdleLookIsNotEnough() {
    await(router(0, 1, 0, 0), VERY_LONG);
    assertEquals(4, questions.get());
  }

  @Test
  @Timeout(60)
  void routerThatIsBusyForeverIsWaitedForNoLongerThanTheLimit() {
    await(router(1), Duration.ofMillis(300));
  }

  private static void await(Behavior<RouterActor.Command> router, Duration limit) {
    ActorSystem<RouterActor.Command> system = ActorSystem.create(router, "idle-router-test");
    try {
      IdleRouter.await(system, system, limit);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  /** A router with so many sequences at each look; at -1 it does not answer, and the last stays. */
  private Behavior<RouterActor.Command> router(int... sequences) {
    return Behaviors.receiveMessage(
        command -> {
          if (!(command instanceof RouterActor.CountLive(var replyTo))) {
            throw new AssertionError(command);
          }
          int look = Math.min(questions.getAndIncrement(), sequences.length - 1);
          if (sequences[look] >= 0) {
            replyTo.tell(sequences[look]);
          }
          return Behaviors.same();
        });
  }
}
