package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.gateway.JoinedEvents.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A stream that is read event by event. Closing it breaks its connection. */
final class OpenStream implements AutoCloseable {
  private final InputStream body;
  private final BufferedReader lines;

  OpenStream(GatewayFixture gateway, HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        gateway.client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    assertEquals(200, response.statusCode());
    body = response.body();
    lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
  }

  /**
   * The next event; empty where the stream is over.
   *
   * @throws IOException where it was broken off
   */
  Optional<Event> next() throws IOException {
    StringBuilder event = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      event.append(line).append('\n');
      List<Event> whole = JoinedEvents.of(event.toString());
      if (!whole.isEmpty()) {
        return Optional.of(whole.getFirst());
      }
    }
    return Optional.empty();
  }

  /** The next events, which must be there. */
  List<Event> next(int count) throws IOException {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(next().orElseThrow());
    }
    return events;
  }

  @Override
  public void close() throws IOException {
    body.close();
  }
}
