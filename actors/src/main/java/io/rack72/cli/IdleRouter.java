package io.rack72.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Waits for a gateway's sequences to end. */
final class IdleRouter {
  private static final long PAUSE_MILLIS = 100;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);

  /** The last tokens of a sequence are still on their way to the client when its GPU is done. */
  private static final int LOOKS_IN_A_ROW = 2;

  private IdleRouter() {}

  /**
   * Returns when the router has had no sequence for a moment, or its system has stopped, or the
   * time is up. A router that does not answer is taken to have some.
   */
  static void await(ActorSystem<?> system, ActorRef<RouterActor.Command> router, Duration limit) {
    long begin = System.nanoTime();
    int idleLooks = 0;
    while (idleLooks < LOOKS_IN_A_ROW
        && System.nanoTime() - begin < limit.toNanos()
        && !system.getWhenTerminated().toCompletableFuture().isDone()) {
      try {
        idleLooks = hasNothingToDo(system, router) ? idleLooks + 1 : 0;
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static boolean hasNothingToDo(ActorSystem<?> system, ActorRef<RouterActor.Command> router)
      throws InterruptedException {
    try {
      return AskPattern.<RouterActor.Command, Integer>ask(
                  router, RouterActor.CountLive::new, ANSWER_LIMIT, system.scheduler())
              .toCompletableFuture()
              .get(ANSWER_LIMIT.toMillis(), MILLISECONDS)
          == 0;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    }
  }
}
