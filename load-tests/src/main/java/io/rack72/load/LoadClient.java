package io.rack72.load;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.cli.ApiServer;
import io.rack72.cli.CommandFailedException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sends requests to a server, each on a connection that no other uses meanwhile. Whatever comes
 * back, or does not, is an outcome. Thread-safe.
 */
final class LoadClient implements AutoCloseable {
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(10);
  private static final Duration STATUS_DEADLINE = Duration.ofSeconds(30);
  private static final int OK = 200;

  /**
   * One thread reads all replies. What it does for each event is little, and waking another thread
   * for it would cost more, on a machine whose cores the server may need.
   */
  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("load-reader").factory());

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_DEADLINE)
          .executor(reader)
          .build();
  private final ApiServer server;
  private final Duration timeout;
  private final String model;
  private final OptionalInt contextTokens;

  /**
   * Finds out which model the server has.
   *
   * @param timeout of a request; one that is not over by then is given up and has failed
   * @throws CommandFailedException if the server does not answer
   */
  LoadClient(ApiServer server, Duration timeout) throws InterruptedException {
    this.server = server;
    this.timeout = timeout;
    try {
      JsonNode served = get(server.request("models"), "/v1/models").at("/data/0");
      model = server.model().orElseGet(() -> served.path("id").asText());
      if (model.isEmpty()) {
        throw new CommandFailedException(server.url() + " names no model; name one with --model");
      }
      boolean isServed = served.path("id").asText().equals(model);
      JsonNode context = served.path("max_model_len");
      contextTokens =
          isServed && context.isInt() ? OptionalInt.of(context.intValue()) : OptionalInt.empty();
    } catch (InterruptedException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** By which the server knows the model. */
  String model() {
    return model;
  }

  /** Tokens of prompt and reply together, where the server tells. */
  OptionalInt contextTokens() {
    return contextTokens;
  }

  /** Sends a request now. */
  Call start(LoadRequest request, TokenListener listener) {
    return start(request, listener, System.nanoTime());
  }

  /**
   * Sends a request.
   *
   * @param startNanos since when its times are counted: now, or earlier where it was due earlier
   */
  Call start(LoadRequest request, TokenListener listener, long startNanos) {
    HttpRequest message =
        server
            .request(request.path())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(request.body()))
            .build();
    AtomicReference<ReplyReader> body = new AtomicReference<>();
    CompletableFuture<HttpResponse<Transcript>> exchange =
        http.sendAsync(
            message,
            response -> {
              body.set(new ReplyReader(response, request.readPause(), listener));
              return body.get();
            });
    CompletableFuture<Outcome> outcome =
        exchange
            .copy()
            .orTimeout(timeout.toNanos(), NANOSECONDS)
            .handle(
                (response, failure) -> {
                  long endNanos = System.nanoTime();
                  if (failure != null) {
                    exchange.cancel(true);
                    return failed(failure, new Timing(startNanos, new long[0], endNanos));
                  }
                  long[] events = body.get().eventNanos();
                  return answered(response, new Timing(startNanos, events, endNanos));
                });
    return new Call(exchange, outcome);
  }

  private static Outcome answered(HttpResponse<Transcript> response, Timing timing) {
    Transcript reply = response.body();
    if (response.statusCode() != OK) {
      reply.fail("it gives no reason");
    }
    return new Outcome(response.statusCode(), false, reply.error(), timing, reply);
  }

  private Outcome failed(Throwable failure, Timing timing) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case CancellationException _ ->
          new Outcome(0, true, Optional.empty(), timing, new Transcript());
      case TimeoutException _ ->
          noAnswer("no whole reply within %d s".formatted(timeout.toSeconds()), timing);
      default -> noAnswer(cause.toString(), timing);
    };
  }

  private static Outcome noAnswer(String why, Timing timing) {
    return new Outcome(0, false, Optional.of(why), timing, new Transcript());
  }

  /**
   * The state of the rack, which only Rack72 tells.
   *
   * @throws CommandFailedException if it does not
   */
  JsonNode rack() throws InterruptedException {
    String root = server.url().toString().replaceAll("/+$", "").replaceAll("/v1$", "");
    return get(server.request("rack").uri(URI.create(root + "/rack")), "/rack");
  }

  private JsonNode get(HttpRequest.Builder request, String path) throws InterruptedException {
    try {
      HttpResponse<String> response =
          http.send(request.GET().timeout(STATUS_DEADLINE).build(), BodyHandlers.ofString());
      if (response.statusCode() != OK) {
        throw new CommandFailedException(
            "%s answers GET %s with status %d"
                .formatted(server.url(), path, response.statusCode()));
      }
      return Json.read(response.body());
    } catch (JsonProcessingException e) {
      throw new CommandFailedException(server.url() + " does not speak JSON", e);
    } catch (IOException e) {
      throw new CommandFailedException(
          "cannot connect to " + server.url() + "; is a server there?", e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
    reader.shutdownNow();
  }
}
