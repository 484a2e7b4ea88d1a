package io.rack72.serving;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that call at the same time. */
public final class Together {
  private static final Duration DEADLINE = Duration.ofMinutes(4);

  private Together() {}

  /**
   * Makes all calls at once.
   *
   * @return what each gave, in their order
   * @throws AssertionError if one fails, or is not over at the deadline
   */
  public static <T> List<T> call(List<Callable<T>> calls) {
    ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> call : clients.invokeAll(calls, DEADLINE.toSeconds(), SECONDS)) {
        if (call.isCancelled()) {
          throw new AssertionError("a call was not over within " + DEADLINE);
        }
        results.add(call.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new AssertionError("one of the calls failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      clients.shutdownNow();
    }
  }
}
