package io.rack72.chaos;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Asks each gateway again and again how the rack is, and tells the history what has changed: what
 * operators would see of a fault.
 */
final class RackWatch implements AutoCloseable {
  private static final int OK = 200;
  private static final long PERIOD_MILLIS = 500;
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

  private final HttpClient http;
  private final Gateways gateways;
  private final History history;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final Map<URI, Signs> latest = new HashMap<>();

  /** Begins. */
  RackWatch(HttpClient http, Gateways gateways, History history) {
    this.http = http;
    this.gateways = gateways;
    this.history = history;
    var _ = timer.scheduleWithFixedDelay(this::look, 0, PERIOD_MILLIS, MILLISECONDS);
  }

  private void look() {
    for (URI gateway : gateways.all().get()) {
      try {
        look(gateway);
      } catch (IOException _) {
        // One that is killed or stands still tells nothing.
        latest.remove(gateway);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void look(URI gateway) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(gateway.resolve("/rack")).timeout(ANSWER_LIMIT).build();
    HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
    if (response.statusCode() != OK) {
      return;
    }
    Signs signs = Signs.of(gateway.toString(), Json.read(response.body()));
    if (!signs.equals(latest.put(gateway, signs))) {
      history.add("", Event.Kind.SIGNS, signs.toText());
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
