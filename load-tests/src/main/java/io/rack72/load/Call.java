package io.rack72.load;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A request under way. Thread-safe.
 *
 * @param exchange the client's own future: that which closes the connection when it is cancelled
 * @param outcome never fails
 */
record Call(CompletableFuture<?> exchange, CompletableFuture<Outcome> outcome) {
  /** Gives the request up, as a client does that goes away. Does nothing once it is over. */
  void abort() {
    exchange.cancel(true);
  }

  /** Waits until the request is over; a thread that is interrupted meanwhile gives it up. */
  Outcome await() throws InterruptedException {
    try {
      return outcome.get();
    } catch (InterruptedException e) {
      abort();
      throw e;
    } catch (ExecutionException e) {
      throw new IllegalStateException("an outcome cannot be told", e.getCause());
    }
  }
}
