package io.rack72.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.cli.ApiServer;
import io.rack72.cli.CommandFailedException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.StreamSupport;

/** Sends prompts to a server. Whatever comes back, or does not, is a result. Thread-safe. */
final class EvaluationClient implements AutoCloseable {
  /** For a whole reply: long enough for a large model on a slow machine. */
  private static final Duration DEADLINE = Duration.ofMinutes(10);

  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(10);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_DEADLINE)
          .build();
  private final ApiServer server;
  private final OptionalDouble temperature;
  private final String model;

  /**
   * Finds out which model the server has, where that is not known.
   *
   * @param temperature of chat replies; the server's own default where empty
   * @throws CommandFailedException if the server does not answer
   */
  EvaluationClient(ApiServer server, OptionalDouble temperature) throws InterruptedException {
    this.server = server;
    this.temperature = temperature;
    try {
      model = server.model().isPresent() ? server.model().get() : firstModel();
    } catch (IOException e) {
      http.shutdownNow();
      throw new CommandFailedException(
          "cannot connect to " + server.url() + "; is a server there?", e);
    } catch (RuntimeException | Error e) {
      http.shutdownNow();
      throw e;
    }
  }

  /** By which the server knows the model. */
  String model() {
    return model;
  }

  /** The reply to a conversation. */
  Reply chat(ChatPrompt prompt) throws InterruptedException {
    ObjectNode request = prompt.request();
    temperature.ifPresent(value -> request.put("temperature", value));
    try {
      HttpResponse<String> response = post("chat/completions", request);
      return Reply.of(response.statusCode(), response.body());
    } catch (IOException e) {
      return Reply.none("no reply came: " + e);
    }
  }

  /** The likeliest tokens after others. */
  GreedyResult greedy(GreedyPrompt prompt) throws InterruptedException {
    try {
      HttpResponse<String> response = post("completions", prompt.request());
      if (response.statusCode() != 200) {
        return error(prompt, "status " + response.statusCode() + ": " + response.body());
      }
      JsonNode tokens = Json.object(response.body()).at("/choices/0/token_ids");
      return new GreedyResult(
          prompt,
          StreamSupport.stream(tokens.spliterator(), false).map(JsonNode::intValue).toList(),
          Optional.empty());
    } catch (IOException e) {
      return error(prompt, "no reply came: " + e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  private static GreedyResult error(GreedyPrompt prompt, String why) {
    return new GreedyResult(prompt, List.of(), Optional.of(why));
  }

  private String firstModel() throws IOException, InterruptedException {
    HttpResponse<String> response = send(server.request("models").GET());
    try {
      String name = Json.object(response.body()).at("/data/0/id").asText("");
      if (response.statusCode() == 200 && !name.isEmpty()) {
        return name;
      }
    } catch (JsonProcessingException e) {
      throw new CommandFailedException(server.url() + " does not speak JSON", e);
    }
    throw new CommandFailedException(
        "%s names no model: it answered with status %d"
            .formatted(server.url(), response.statusCode()));
  }

  private HttpResponse<String> post(String path, ObjectNode request)
      throws IOException, InterruptedException {
    request.put("model", model);
    return send(
        server
            .request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(request.toString())));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.timeout(DEADLINE).build(), BodyHandlers.ofString());
  }
}
