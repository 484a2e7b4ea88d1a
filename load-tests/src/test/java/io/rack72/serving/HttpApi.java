package io.rack72.serving;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * OpenAI's API with no client between a test and the wire. Fractions are read as decimals, so that
 * none is rounded on its way. Thread-safe.
 */
public final class HttpApi implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final String EVENT = "data: ";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI url;

  /**
   * @param url of a server, without a path
   */
  public HttpApi(URI url) {
    this.url = url;
  }

  /** What came back: a status, and JSON whatever the status. */
  public record Reply(int status, JsonNode json) {}

  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  public static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + json, e);
    }
  }

  public Reply get(String path) {
    return send(request(path).GET());
  }

  public Reply post(String path, JsonNode body) {
    return post(path, BodyPublishers.ofString(body.toString()));
  }

  Reply post(String path, BodyPublisher body) {
    return send(request(path).header("Content-Type", "application/json").POST(body));
  }

  /** The body of a reply that must be 200. */
  public JsonNode postOk(String path, JsonNode body) {
    return postOk(path, body, () -> {});
  }

  /**
   * The body of a reply that must be 200.
   *
   * @param whenSent run, on any thread, when all of the request is on its way on a connection
   */
  public JsonNode postOk(String path, JsonNode body, Runnable whenSent) {
    Reply reply = post(path, new ObservedBody(body.toString(), whenSent));
    assertEquals(200, reply.status(), () -> reply.json().toString());
    return reply.json();
  }

  /** All events of a stream, which must be whole: the word that ends it is checked and left out. */
  public List<JsonNode> stream(String path, ObjectNode body) {
    return stream(path, body, () -> {});
  }

  /**
   * As above.
   *
   * @param whenSent run, on any thread, when all of the request is on its way on a connection
   */
  public List<JsonNode> stream(String path, ObjectNode body, Runnable whenSent) {
    String streamed = body.deepCopy().put("stream", true).toString();
    HttpRequest request =
        request(path)
            .header("Content-Type", "application/json")
            .POST(new ObservedBody(streamed, whenSent))
            .build();
    String text = exchange(request, 200, "text/event-stream");
    List<JsonNode> events = new ArrayList<>();
    boolean done = false;
    for (String line : text.lines().filter(line -> line.startsWith(EVENT)).toList()) {
      assertTrue(!done, "an event after [DONE]");
      String data = line.substring(EVENT.length());
      done = data.equals("[DONE]");
      if (!done) {
        events.add(parse(data));
      }
    }
    assertTrue(done, () -> "the stream broke off: " + text);
    return events;
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(url.resolve(path)).timeout(DEADLINE);
  }

  private Reply send(HttpRequest.Builder request) {
    HttpResponse<String> response = exchange(request.build());
    return new Reply(response.statusCode(), parse(response.body()));
  }

  private String exchange(HttpRequest request, int status, String contentType) {
    HttpResponse<String> response = exchange(request);
    assertEquals(status, response.statusCode(), response::body);
    String type = response.headers().firstValue("Content-Type").orElse("none");
    assertTrue(type.startsWith(contentType), type);
    return response.body();
  }

  private HttpResponse<String> exchange(HttpRequest request) {
    try {
      return client.send(request, BodyHandlers.ofString(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(request + " was not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
