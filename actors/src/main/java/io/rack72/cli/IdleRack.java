package io.rack72.cli;

import io.rack72.rack.RackActor;
import io.rack72.rack.RackStatus;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Waits for a rack to have nothing left to do. */
final class IdleRack {
  private static final long PAUSE_MILLIS = 100;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);

  /** The last tokens of a sequence are still on their way to the client when its GPU is done. */
  private static final int LOOKS_IN_A_ROW = 2;

  private IdleRack() {}

  /**
   * Returns when no GPU has had a sequence for a moment, or the rack no longer answers, or the time
   * is up.
   */
  static void await(ActorSystem<RackActor.Command> rack, Duration limit) {
    int idleLooks = 0;
    for (long looks = limit.toMillis() / PAUSE_MILLIS; looks > 0; looks--) {
      if (rack.getWhenTerminated().toCompletableFuture().isDone()) {
        return;
      }
      try {
        idleLooks = sequences(rack) == 0 ? idleLooks + 1 : 0;
        if (idleLooks == LOOKS_IN_A_ROW) {
          return;
        }
        Thread.sleep(PAUSE_MILLIS);
      } catch (CompletionException e) {
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private static long sequences(ActorSystem<RackActor.Command> rack) {
    RackStatus status =
        AskPattern.<RackActor.Command, RackStatus>ask(
                rack, RackActor.Report::new, ANSWER_LIMIT, rack.scheduler())
            .toCompletableFuture()
            .join();
    return status.gpus().stream()
        .mapToLong(gpu -> gpu.sequencesRunning() + gpu.sequencesWaiting())
        .sum();
  }
}
