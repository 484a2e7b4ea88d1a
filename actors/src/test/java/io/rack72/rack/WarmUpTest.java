package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.WallClock;
import io.rack72.kernel.Workers;
import io.rack72.model.ForwardObserver.Stage;
import io.rack72.model.Numerics;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WarmUpTest {
  private static final String GOLDEN = "tiny";

  private final AtomicInteger steps = new AtomicInteger();
  private final AtomicInteger mostRows = new AtomicInteger();
  private volatile Runnable inStep = () -> {};

  @Test
  void computesInBatchesAndIsOverWhenItReturns() throws InterruptedException {
    run(Duration.ofSeconds(50), () -> false);

    // Its longest reply has 128 tokens, the first of which is of the prompt's step.
    assertTrue(steps.get() >= 128, steps::toString);
    assertTrue(mostRows.get() > 1, mostRows::toString);
  }

  @Test
  void endsWhenItsTimeIsOver() throws InterruptedException {
    run(Duration.ofNanos(1), () -> false);

    assertTrue(steps.get() < 128, steps::toString);
  }

  @Test
  void endsWhenItIsPointless() throws InterruptedException {
    run(Duration.ofSeconds(50), () -> steps.get() > 0);

    assertTrue(steps.get() < 128, steps::toString);
  }

  /** Whoever goes on may free the weights that a step still reads. */
  @Test
  void returnsWhenTheStepThatHasBegunIsOver() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Void> mayEnd = new CompletableFuture<>();
    inStep =
        () -> {
          begun.countDown();
          mayEnd.join();
        };
    CompletableFuture<Void> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                run(Duration.ofSeconds(50), () -> begun.getCount() == 0);
                end.complete(null);
              } catch (InterruptedException e) {
                end.completeExceptionally(e);
              }
            });
    begun.await();

    assertThrows(TimeoutException.class, () -> end.get(500, TimeUnit.MILLISECONDS));
    mayEnd.complete(null);

    end.join();
  }

  private void run(Duration limit, BooleanSupplier pointless) throws InterruptedException {
    try (Checkpoint checkpoint = Checkpoint.open(RackHarness.golden(GOLDEN));
        WallClock clock = new WallClock();
        Workers workers = new Workers(2);
        Numerics numerics = Numerics.exact(checkpoint, workers)) {
      NodeParts parts =
          new NodeParts(
              RackHarness.settings(72, 72, 32),
              checkpoint,
              GOLDEN,
              Optional.empty(),
              numerics,
              (stage, layer, values, rows) -> {
                if (stage == Stage.EMBEDDING) {
                  steps.incrementAndGet();
                  inStep.run();
                  mostRows.accumulateAndGet(rows, Math::max);
                }
              });
      WarmUp.run(parts, clock, limit, pointless);
    }
  }
}
