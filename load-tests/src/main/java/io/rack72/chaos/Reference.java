package io.rack72.chaos;

import io.rack72.cli.ApiServer;
import java.io.Writer;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The replies to requests as a rack in one JVM gives them, to which nothing happens. Its tokens are
 * those of any other rack with the same model and numeric mode.
 */
record Reference(ApiServer server, HttpClient http) {
  private static final int AT_ONCE = 64;

  /** What each request's choices have to be. */
  Map<String, Map<Integer, Expected>> answer(List<StreamRequest> requests)
      throws InterruptedException {
    History history = new History(Writer.nullWriter()).begin();
    ConcurrentLinkedQueue<StreamRequest> left = new ConcurrentLinkedQueue<>(requests);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < AT_ONCE; i++) {
        StreamClient client =
            new StreamClient(http, new Gateways(() -> List.of(server.url())), 0, history);
        threads.execute(
            () -> {
              try {
                for (StreamRequest next = left.poll(); next != null; next = left.poll()) {
                  client.read(next);
                }
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            });
      }
      threads.shutdown();
      threads.awaitTermination(1, TimeUnit.HOURS);
    }
    List<Finding> wrong = Checker.check(history.events(), Expected.of(history.events()));
    if (!wrong.isEmpty()) {
      throw new IllegalStateException("the reference itself is not whole: " + wrong.getFirst());
    }
    return Expected.of(history.events());
  }
}
