package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StopSignalTest {
  @Test
  void waitingForSomethingElseEndsWhenItComesOrFails() throws Exception {
    try (StopSignal stop = StopSignal.install()) {
      CompletableFuture<Void> event = new CompletableFuture<>();
      CompletableFuture<Void> waiting =
          CompletableFuture.runAsync(
              () -> {
                try {
                  stop.awaitOr(event);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertFalse(waiting.isDone());
      event.complete(null);
      waiting.get(30, TimeUnit.SECONDS);

      stop.awaitOr(CompletableFuture.failedFuture(new IllegalStateException("it failed")));
      assertFalse(stop.isTold());
    }
  }

  @Test
  void whatMustNotEndEndsTheWait() {
    try (StopSignal stop = StopSignal.install()) {
      assertThrows(
          CommandFailedException.class,
          () -> stop.orEndOf(CompletableFuture.completedFuture(null)));
      assertFalse(stop.isTold());
    }
  }
}
