package io.rack72.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.rack.RackActor;
import io.rack72.rack.RackStatus;
import io.rack72.rack.ServedModel;
import io.rack72.routing.RouterActor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is at each path. Every answer that is no success is an object in OpenAI's error shape,
 * whatever went wrong. Thread-safe.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
  private static final Duration RACK_TIMEOUT = Duration.ofSeconds(5);
  private static final int READER_THREADS = 2;
  private static final String MODELS = "/v1/models";
  private static final String RETRY_AFTER_SECONDS = "1";

  private final ActorSystem<?> system;
  private final GatewaySettings settings;
  private final ServedModel model;
  private final ActorRef<RouterActor.Command> router;
  private final ActorRef<RackActor.Command> rack;
  private final CompletionEndpoint completions;
  private final ChatEndpoint chat;
  private final BodyMemory bodies;
  private final Executor readers;

  Routes(
      ActorSystem<?> system,
      GatewaySettings settings,
      ServedModel model,
      ActorRef<RouterActor.Command> router,
      ActorRef<RackActor.Command> rack) {
    this.system = system;
    this.settings = settings;
    this.model = model;
    this.router = router;
    this.rack = rack;
    Admission admission = new Admission(model, settings);
    this.completions = new CompletionEndpoint(admission);
    this.chat = new ChatEndpoint(admission);
    this.bodies = new BodyMemory(settings.limits().bodiesBytes());
    this.readers = readers(system);
  }

  /** Answers a request; the stage never fails. */
  CompletionStage<HttpResponse> answer(HttpRequest request, ClientConnection client) {
    client.replyBegins();
    return answered(request, client).whenComplete((response, failure) -> client.replyEnds());
  }

  private CompletionStage<HttpResponse> answered(HttpRequest request, ClientConnection client) {
    CompletionStage<HttpResponse> response;
    try {
      response = route(request, client);
    } catch (ApiError e) {
      // What was not read of the body must not hold up the connection.
      request.discardEntityBytes(system);
      return CompletableFuture.completedFuture(error(e));
    }
    return response.exceptionally(this::error);
  }

  private CompletionStage<HttpResponse> route(HttpRequest request, ClientConnection client) {
    String path = request.getUri().path();
    return switch (path) {
      case "/health" -> get(request, this::health);
      case "/version" -> get(request, () -> now(Json.object().put("version", settings.version())));
      case "/rack" -> authorized(request, () -> get(request, this::rackStatus));
      case MODELS -> authorized(request, () -> get(request, () -> now(models())));
      case "/v1/completions" ->
          authorized(request, () -> generate(request, client, completions::read));
      case "/v1/chat/completions" ->
          authorized(request, () -> generate(request, client, chat::read));
      default -> {
        if (!path.startsWith(MODELS + "/")) {
          throw ApiError.pathNotFound(path);
        }
        yield authorized(
            request, () -> get(request, () -> now(model(path.substring(MODELS.length() + 1)))));
      }
    };
  }

  private CompletionStage<HttpResponse> get(
      HttpRequest request, Supplier<CompletionStage<HttpResponse>> answer) {
    allow(request, HttpMethods.GET);
    request.discardEntityBytes(system);
    return answer.get();
  }

  private static void allow(HttpRequest request, HttpMethod method) {
    if (!request.method().equals(method)) {
      throw ApiError.methodNotAllowed(request.getUri().path(), method.value());
    }
  }

  private CompletionStage<HttpResponse> authorized(
      HttpRequest request, Supplier<CompletionStage<HttpResponse>> answer) {
    if (settings.apiKey().isPresent()) {
      String expected = "Bearer " + settings.apiKey().get();
      String given = request.getHeader("Authorization").map(header -> header.value()).orElse("");
      // The comparison takes as long wherever the two differ.
      if (!MessageDigest.isEqual(
          expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8))) {
        throw ApiError.unauthorized();
      }
    }
    return answer.get();
  }

  private CompletionStage<HttpResponse> generate(
      HttpRequest request, ClientConnection client, Function<JsonValue, Generation> reader) {
    allow(request, HttpMethods.POST);
    return RequestBody.read(request, settings.limits(), bodies, system)
        .thenCompose(bytes -> understood(bytes, reader))
        .thenCompose(generation -> own(generation, client));
  }

  /** Parses a body and tokenizes its prompt, where this holds up nobody's tokens. */
  private CompletionStage<Generation> understood(
      byte[] bytes, Function<JsonValue, Generation> reader) {
    return CompletableFuture.supplyAsync(() -> reader.apply(JsonValue.body(bytes)), readers)
        .whenComplete((generation, failure) -> bodies.release(bytes.length));
  }

  /** A few threads that end with the system. Each connection has at most one request at them. */
  private static Executor readers(ActorSystem<?> system) {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            READER_THREADS, Thread.ofPlatform().daemon().name("rack72-reader-", 0).factory());
    system.getWhenTerminated().whenComplete((done, failure) -> threads.shutdown());
    return threads;
  }

  /** Gives the request to an actor of its own and answers when that knows how. */
  private CompletionStage<HttpResponse> own(Generation generation, ClientConnection client) {
    CompletableFuture<RequestActor.Answer> answer = new CompletableFuture<>();
    ActorRef<RequestActor.Command> owner =
        system.systemActorOf(
            RequestActor.create(
                generation, router, settings.heartbeat(), settings.limits().unreadTokens(), answer),
            generation.id(),
            Props.empty());
    client.tellOfClose(owner);
    return answer
        .whenComplete(
            (how, failure) -> {
              if (!(how instanceof RequestActor.Answer.Stream)) {
                client.forget(owner);
              }
            })
        .thenApply(
            how ->
                switch (how) {
                  case RequestActor.Answer.Whole(ObjectNode json) -> json(200, json);
                  case RequestActor.Answer.Stream() -> stream(owner, client);
                });
  }

  private HttpResponse stream(ActorRef<RequestActor.Command> owner, ClientConnection client) {
    client.replyBegins();
    Source<ByteString, NotUsed> events =
        Source.unfoldAsync(owner, Routes::pull)
            .watchTermination(
                (unused, done) -> {
                  done.whenComplete(
                      (result, failure) -> {
                        client.replyEnds();
                        client.forget(owner);
                        owner.tell(new RequestActor.Disconnected());
                      });
                  return unused;
                });
    return HttpResponse.create()
        .withEntity(HttpEntities.create(MediaTypes.TEXT_EVENT_STREAM.toContentType(), events))
        .addHeader(RawHeader.create("Cache-Control", "no-cache"))
        // Proxies that know this header pass events on as they come.
        .addHeader(RawHeader.create("X-Accel-Buffering", "no"));
  }

  private static CompletionStage<Optional<Pair<ActorRef<RequestActor.Command>, ByteString>>> pull(
      ActorRef<RequestActor.Command> owner) {
    CompletableFuture<Optional<ByteString>> next = new CompletableFuture<>();
    owner.tell(new RequestActor.Pull(next));
    return next.thenApply(bytes -> bytes.map(part -> Pair.create(owner, part)));
  }

  private ObjectNode models() {
    ObjectNode list = Json.object().put("object", "list");
    list.putArray("data").add(model(model.name()));
    return list;
  }

  private ObjectNode model(String name) {
    if (!name.equals(model.name())) {
      throw ApiError.modelNotFound(name, model.name());
    }
    return Json.object()
        .put("id", name)
        .put("object", "model")
        .put("created", model.createdEpochSeconds())
        .put("owned_by", "rack72")
        .put("max_model_len", model.contextLimit());
  }

  private CompletionStage<HttpResponse> health() {
    return AskPattern.<RackActor.Command, Optional<String>>ask(
            rack, RackActor.Health::new, RACK_TIMEOUT, system.scheduler())
        .exceptionally(failure -> Optional.of("the rack does not answer"))
        .thenApply(
            trouble ->
                trouble
                    .map(
                        why ->
                            json(
                                503, Json.object().put("status", "unavailable").put("reason", why)))
                    .orElseGet(() -> json(200, Json.object().put("status", "ok"))));
  }

  private CompletionStage<HttpResponse> rackStatus() {
    return AskPattern.<RackActor.Command, RackStatus>ask(
            rack, RackActor.Report::new, RACK_TIMEOUT, system.scheduler())
        .exceptionally(
            failure -> {
              throw ApiError.overloaded("the rack does not answer");
            })
        .thenApply(status -> json(200, Json.of(status)));
  }

  private static CompletionStage<HttpResponse> now(JsonNode body) {
    return CompletableFuture.completedFuture(json(200, body));
  }

  private HttpResponse error(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ApiError error) {
      HttpResponse response = json(error.status(), error.toJson());
      return error.status() == 503
          ? response.addHeader(RawHeader.create("Retry-After", RETRY_AFTER_SECONDS))
          : response;
    }
    if (cause instanceof EntityStreamException) {
      LOG.debug("a client went away while it sent its request", cause);
    } else {
      LOG.error("a request failed", cause);
    }
    return error(ApiError.failed("the server failed while it read the request"));
  }

  private static HttpResponse json(int status, JsonNode body) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(ContentTypes.APPLICATION_JSON, Json.bytes(body));
  }
}
