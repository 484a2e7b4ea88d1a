package io.rack72.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Talks to a server with OpenAI's chat API, streaming. Every method throws {@link
 * CommandFailedException} with one sentence when the server cannot be reached or refuses.
 */
final class ChatClient implements AutoCloseable {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final String EVENT = "data:";
  private static final String END = "[DONE]";

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();
  private final ApiServer server;

  /** Takes the parts of a reply as they arrive. */
  interface Listener {
    /** Text that the model thinks to itself. */
    void reasoning(String text);

    /** Text of the answer. */
    void content(String text);
  }

  ChatClient(ApiServer server) {
    this.server = server;
  }

  /** The first of the models that the server has. */
  String firstModel() throws IOException, InterruptedException {
    HttpResponse<Stream<String>> response = send(server.request("models").GET().build());
    try (Stream<String> lines = response.body()) {
      JsonNode name = json(lines.collect(Collectors.joining("\n"))).at("/data/0/id");
      if (!name.isTextual()) {
        throw new CommandFailedException(server.url() + " has no model to talk to");
      }
      return name.asText();
    }
  }

  /**
   * Sends a conversation.
   *
   * @param body of the request; {@code stream} is added
   * @return the text of the answer, without the reasoning
   */
  String complete(ObjectNode body, Listener listener) throws IOException, InterruptedException {
    body.put("stream", true);
    HttpRequest request =
        server
            .request("chat/completions")
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString()))
            .build();
    StringBuilder content = new StringBuilder();
    try (Stream<String> lines = send(request).body()) {
      for (Iterator<String> line = lines.iterator(); line.hasNext(); ) {
        String event = line.next();
        if (!event.startsWith(EVENT)) {
          continue; // Comments keep the connection alive, and blank lines end events.
        }
        String data = event.substring(EVENT.length()).strip();
        if (data.equals(END)) {
          return content.toString();
        }
        content.append(take(json(data), listener));
      }
    }
    throw new CommandFailedException(
        server.url() + " ended the stream before the reply was complete");
  }

  private String take(JsonNode chunk, Listener listener) {
    if (chunk.hasNonNull("error")) {
      throw new CommandFailedException(errorOf(chunk));
    }
    JsonNode delta = chunk.at("/choices/0/delta");
    String reasoning = delta.path("reasoning").asText("");
    if (!reasoning.isEmpty()) {
      listener.reasoning(reasoning);
    }
    String content = delta.path("content").asText("");
    if (!content.isEmpty()) {
      listener.content(content);
    }
    return content;
  }

  private HttpResponse<Stream<String>> send(HttpRequest request)
      throws IOException, InterruptedException {
    HttpResponse<Stream<String>> response;
    try {
      response = http.send(request, BodyHandlers.ofLines());
    } catch (java.net.ConnectException | java.net.http.HttpConnectTimeoutException e) {
      throw new CommandFailedException(
          "cannot connect to " + server.url() + "; is a server there?", e);
    }
    if (response.statusCode() != 200) {
      try (Stream<String> lines = response.body()) {
        throw new CommandFailedException(refusal(response.statusCode(), lines));
      }
    }
    return response;
  }

  private String refusal(int status, Stream<String> lines) {
    String body = lines.collect(Collectors.joining("\n"));
    try {
      return errorOf(Json.read(body));
    } catch (JsonProcessingException e) {
      return server.url() + " answered with status " + status;
    }
  }

  private static String errorOf(JsonNode body) {
    return "the server says: " + body.at("/error/message").asText("no reason");
  }

  private JsonNode json(String text) {
    try {
      return Json.read(text);
    } catch (JsonProcessingException e) {
      throw new CommandFailedException(server.url() + " sent something that is not JSON", e);
    }
  }

  /** An empty JSON object, to be a request's body. */
  static ObjectNode newBody() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
