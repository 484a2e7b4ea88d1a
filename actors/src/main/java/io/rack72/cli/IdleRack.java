package io.rack72.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.rack72.rack.RackActor;
import io.rack72.rack.RackStatus;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/** Waits for a rack to have nothing left to do. */
final class IdleRack {
  private static final long PAUSE_MILLIS = 100;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);

  /** The last tokens of a sequence are still on their way to the client when its GPU is done. */
  private static final int LOOKS_IN_A_ROW = 2;

  private IdleRack() {}

  /**
   * Returns when no GPU has had a sequence for a moment, or the rack can no longer compute, or the
   * time is up. A rack that does not answer is taken to be busy: a GPU answers between two steps,
   * and one step can take seconds.
   */
  static void await(ActorSystem<RackActor.Command> rack, Duration limit) {
    long begin = System.nanoTime();
    int idleLooks = 0;
    while (idleLooks < LOOKS_IN_A_ROW
        && System.nanoTime() - begin < limit.toNanos()
        && !rack.getWhenTerminated().toCompletableFuture().isDone()) {
      try {
        idleLooks = hasNothingToDo(rack) ? idleLooks + 1 : 0;
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static boolean hasNothingToDo(ActorSystem<RackActor.Command> rack)
      throws InterruptedException {
    try {
      // A rack that has lost a GPU has ended all its sequences, and its report is never whole.
      return ask(rack, RackActor.Health::new).isPresent()
          || sequences(ask(rack, RackActor.Report::new)) == 0;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    }
  }

  private static long sequences(RackStatus status) {
    return status.gpus().stream()
        .mapToLong(gpu -> gpu.sequencesRunning() + gpu.sequencesWaiting() + gpu.sequencesPaused())
        .sum();
  }

  private static <T> T ask(
      ActorSystem<RackActor.Command> rack, Function<ActorRef<T>, RackActor.Command> question)
      throws InterruptedException, ExecutionException, TimeoutException {
    return AskPattern.<RackActor.Command, T>ask(rack, question, ANSWER_LIMIT, rack.scheduler())
        .toCompletableFuture()
        .get(ANSWER_LIMIT.toMillis(), MILLISECONDS);
  }
}
