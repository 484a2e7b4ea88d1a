package io.rack72.cli;

import io.rack72.rack.NodeActor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/**
 * Lets the main thread wait until the process is told to stop (SIGTERM, SIGINT), and the process
 * wait until the main thread has put everything away: the JVM ends when its shutdown hooks have
 * run, and this one runs until {@link #close}.
 */
final class StopSignal implements AutoCloseable {
  /** Completed with true when the process is told to stop, with false when nothing is left. */
  private final CompletableFuture<Boolean> told = new CompletableFuture<>();

  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final Thread hook;

  private StopSignal(Runnable whenTold) {
    hook =
        new Thread(
            () -> {
              whenTold.run();
              told.complete(true);
              stopped.join();
            },
            "stop-signal");
  }

  /** Begins to listen for the signal. */
  static StopSignal install() {
    return install(() -> {});
  }

  /** Begins to listen for the signal, and runs an action on a thread of its own when it comes. */
  static StopSignal install(Runnable whenTold) {
    StopSignal signal = new StopSignal(whenTold);
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /**
   * Returns when the process is told to stop or something else has come, whichever is first.
   *
   * @param event that is waited for; its failure is its coming too
   */
  void awaitOr(CompletionStage<?> event) throws InterruptedException {
    CompletableFuture<?> either =
        CompletableFuture.anyOf(told, event.toCompletableFuture().handle((_, _) -> true));
    try {
      either.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("only what must not end fails this, and nothing began", e);
    }
  }

  /** Whether the process was told to stop. */
  boolean isTold() {
    return told.isDone() && !told.isCompletedExceptionally() && told.join();
  }

  /**
   * Returns when the process is told to stop.
   *
   * @param end of what must not end by itself
   * @throws CommandFailedException if it does
   */
  void orEndOf(CompletionStage<?> end) throws InterruptedException {
    end.whenComplete(
        (ended, failure) -> {
          if (failure == null) {
            told.complete(false);
          } else {
            told.completeExceptionally(failure);
          }
        });
    try {
      if (!told.get()) {
        throw new CommandFailedException("the rack has stopped by itself; its log says why");
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof NodeActor.NotLetInException refused) {
        throw new CommandFailedException(
            "the rack does not let this node in: " + refused.getMessage(), e);
      }
      throw new CommandFailedException("the rack has failed: " + e.getCause().getMessage(), e);
    }
  }

  @Override
  public void close() {
    stopped.complete(null);
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The JVM is ending, and has waited for this.
      return;
    }
  }
}
