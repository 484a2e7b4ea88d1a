package io.rack72.chaos;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The clients of a run, each of which reads one stream after the other. Thread-safe. */
final class Clients implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<StreamClient> clients = new ArrayList<>();
  private final Map<String, StreamRequest> sent = new ConcurrentSkipListMap<>();

  /**
   * Begins.
   *
   * @param more whether another request is to be sent
   */
  Clients(
      HttpClient http,
      Gateways gateways,
      RequestMaker maker,
      int count,
      History history,
      BooleanSupplier more) {
    for (int i = 0; i < count; i++) {
      StreamClient client = new StreamClient(http, gateways, i, history);
      int number = i;
      clients.add(client);
      threads.execute(() -> ask(client, number, maker, more));
    }
    threads.shutdown();
  }

  private void ask(StreamClient client, int number, RequestMaker maker, BooleanSupplier more) {
    try {
      for (int turn = 0; more.getAsBoolean(); turn++) {
        StreamRequest request = maker.make(number, turn);
        sent.put(request.id(), request);
        client.read(request);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until all have their last reply; those that have not in time give up. */
  void awaitEnd(Duration limit) throws InterruptedException {
    if (!threads.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      clients.forEach(StreamClient::giveUp);
      threads.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** All requests so far. */
  List<StreamRequest> sent() {
    return List.copyOf(sent.values());
  }

  @Override
  public void close() {
    clients.forEach(StreamClient::giveUp);
    threads.shutdownNow();
  }
}
