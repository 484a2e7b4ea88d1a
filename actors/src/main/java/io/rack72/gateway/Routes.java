package io.rack72.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.rack72.metrics.Exposition;
import io.rack72.metrics.RackMetrics;
import io.rack72.metrics.RequestMetrics;
import io.rack72.rack.NodeActor;
import io.rack72.rack.RackStatus;
import io.rack72.rack.ServedModel;
import io.rack72.resume.StreamMessage;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.stream.StreamTcpException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What there is at each path. Every answer that is no success is an object in OpenAI's error shape,
 * whatever went wrong. Thread-safe.
 */
final class Routes {
  private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
  private static final Duration RACK_TIMEOUT = Duration.ofSeconds(5);
  private static final String MODELS = "/v1/models";

  /**
   * When room is likely again for a request that there was none for. Requests end all the time, and
   * the next to end is not known, so this is a constant: short, because to be refused costs little.
   */
  private static final String RETRY_AFTER_SECONDS = "1";

  private final ActorSystem<?> system;
  private final GatewaySettings settings;
  private final ServedModel model;
  private final ActorRef<NodeActor.Command> rack;
  private final Doorkeeper door;
  private final CompletionEndpoint completions;
  private final ChatEndpoint chat;
  private final GenerateRoute generate;
  private final RequestMetrics metrics;

  Routes(
      ActorSystem<?> system,
      GatewaySettings settings,
      ServedModel model,
      ActorRef<RouterActor.Command> router,
      ActorRef<NodeActor.Command> rack,
      ActorRef<StreamMessage> streams) {
    this.system = system;
    this.settings = settings;
    this.model = model;
    this.rack = rack;
    this.door = new Doorkeeper(settings.apiKeys());
    Admission admission = new Admission(model, settings);
    this.completions = new CompletionEndpoint(admission);
    this.chat = new ChatEndpoint(admission);
    this.metrics = new RequestMetrics(settings.clock());
    this.generate =
        new GenerateRoute(
            system,
            settings,
            router,
            streams,
            new RequestShares(settings.load(), settings.resume().bytes(), door.tenants()),
            metrics);
  }

  /** Answers a request; the stage never fails. */
  CompletionStage<HttpResponse> answer(HttpRequest request, ClientConnection client) {
    client.replyBegins();
    return answered(request, client)
        .exceptionally(this::error)
        .whenComplete((response, failure) -> client.replyEnds());
  }

  private CompletionStage<HttpResponse> answered(HttpRequest request, ClientConnection client) {
    try {
      return route(request, client);
    } catch (RuntimeException e) {
      discard(request);
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What was not read of the body must not hold up the connection. */
  private void discard(HttpRequest request) {
    try {
      request.discardEntityBytes(system);
    } catch (RuntimeException e) {
      LOG.debug("the rest of a request is not read", e);
    }
  }

  private CompletionStage<HttpResponse> route(HttpRequest request, ClientConnection client) {
    String path = request.getUri().path();
    return switch (path) {
      case "/health" -> get(request, this::health);
      case "/version" -> get(request, () -> now(Json.object().put("version", settings.version())));
      case "/rack" -> authorized(request, () -> get(request, this::rackStatus));
      case "/metrics" -> authorized(request, () -> get(request, () -> metrics(request)));
      case MODELS -> authorized(request, () -> get(request, () -> now(models())));
      case "/v1/completions" -> counted(request, client, completions::read);
      case "/v1/chat/completions" -> counted(request, client, chat::read);
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
    identify(request);
    return answer.get();
  }

  private Tenant identify(HttpRequest request) {
    return door.identify(request.getHeader("Authorization").map(header -> header.value()));
  }

  /** Answers a request for tokens, whose answers are counted. */
  private CompletionStage<HttpResponse> counted(
      HttpRequest request, ClientConnection client, GenerateRoute.Reader reader) {
    CompletionStage<HttpResponse> answer;
    try {
      answer = generate(request, client, reader);
    } catch (RuntimeException e) {
      discard(request);
      answer = CompletableFuture.failedFuture(e);
    }
    return answer
        .exceptionally(this::error)
        .whenComplete((response, failure) -> metrics.answered(response.status().intValue()));
  }

  private CompletionStage<HttpResponse> generate(
      HttpRequest request, ClientConnection client, GenerateRoute.Reader reader) {
    Tenant tenant = identify(request);
    allow(request, HttpMethods.POST);
    Optional<String> lastEventId = request.getHeader("Last-Event-ID").map(HttpHeader::value);
    return lastEventId.isPresent()
        ? generate.goOn(request, lastEventId.get(), client, tenant, reader)
        : generate.answer(request, client, tenant, reader);
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
    return AskPattern.<NodeActor.Command, Optional<String>>ask(
            rack, NodeActor.Health::new, RACK_TIMEOUT, system.scheduler())
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
    return askRack().thenApply(status -> json(200, Json.of(status)));
  }

  private CompletionStage<HttpResponse> metrics(HttpRequest request) {
    String accept = request.getHeader("Accept").map(HttpHeader::value).orElse("");
    return askRack()
        .thenApply(
            status -> {
              List<MetricSnapshot> all = new ArrayList<>(metrics.collect());
              all.addAll(RackMetrics.of(status));
              Exposition text = Exposition.of(all, accept);
              return HttpResponse.create()
                  .withEntity(
                      HttpEntities.create(ContentTypes.parse(text.contentType()), text.bytes()));
            });
  }

  private CompletionStage<RackStatus> askRack() {
    return AskPattern.<NodeActor.Command, RackStatus>ask(
            rack, NodeActor.Report::new, RACK_TIMEOUT, system.scheduler())
        .exceptionally(
            failure -> {
              throw ApiError.overloaded("the rack does not answer");
            });
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
      return error.passes()
          ? response.addHeader(RawHeader.create("Retry-After", RETRY_AFTER_SECONDS))
          : response;
    }
    if (cause instanceof EntityStreamException || cause instanceof StreamTcpException) {
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
