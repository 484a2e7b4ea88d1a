package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The way of a request for tokens: a place among those being answered, its body, its prompt as
 * tokens, an actor of its own, and the answer. Whatever it fails at, it leaves its place.
 * Thread-safe.
 */
final class GenerateRoute {
  private static final int READER_THREADS = 2;

  /** Makes a generation of a request's body, which had been read at an instant. */
  interface Reader {
    Generation read(JsonValue body, Tenant tenant, long receivedNanos);
  }

  private final ActorSystem<?> system;
  private final GatewaySettings settings;
  private final ActorRef<RouterActor.Command> router;
  private final RequestShares shares;
  private final BodyMemory bodies;
  private final Executor readers;

  GenerateRoute(
      ActorSystem<?> system,
      GatewaySettings settings,
      ActorRef<RouterActor.Command> router,
      RequestShares shares) {
    this.system = system;
    this.settings = settings;
    this.router = router;
    this.shares = shares;
    this.bodies = new BodyMemory(settings.limits().bodiesBytes());
    this.readers = readers(system);
  }

  /**
   * Answers a request; where it cannot, the stage fails with an {@link ApiError}.
   *
   * @throws ApiError where there is no room for it, or its body need not be read
   */
  CompletionStage<HttpResponse> answer(
      HttpRequest request, ClientConnection client, Tenant tenant, Reader reader) {
    RequestShares.Place place = shares.enter(tenant);
    try {
      return RequestBody.read(request, settings.limits(), bodies, system)
          .thenCompose(bytes -> understood(bytes, client, tenant, reader))
          .thenCompose(
              generation -> {
                place.hold(generation.sequences().size(), generation.promptTokens());
                return own(generation, client, place);
              })
          .whenComplete(
              (response, failure) -> {
                // An answer is over when its actor is.
                if (failure != null) {
                  place.leave();
                }
              });
    } catch (RuntimeException e) {
      place.leave();
      throw e;
    }
  }

  /** Parses a body and tokenizes its prompt, where this holds up nobody's tokens. */
  private CompletionStage<Generation> understood(
      byte[] bytes, ClientConnection client, Tenant tenant, Reader reader) {
    long receivedNanos = settings.clock().nowNanos();
    return CompletableFuture.supplyAsync(
            () -> {
              // Many may have waited here for longer than their clients did.
              if (client.isClosed()) {
                throw ApiError.clientGone();
              }
              return reader.read(JsonValue.body(bytes), tenant, receivedNanos);
            },
            readers)
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
  private CompletionStage<HttpResponse> own(
      Generation generation, ClientConnection client, RequestShares.Place place) {
    Duration remaining = generation.service().requireTime(settings.clock());
    CompletableFuture<RequestActor.Answer> answer = new CompletableFuture<>();
    ActorRef<RequestActor.Command> owner =
        system.systemActorOf(
            RequestActor.create(
                generation, remaining, router, settings.streams(), answer, place::leave),
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
                  case RequestActor.Answer.Whole(ObjectNode json) ->
                      HttpResponse.create()
                          .withEntity(ContentTypes.APPLICATION_JSON, Json.bytes(json));
                  case RequestActor.Answer.Stream(CompletionStage<Void> cut) ->
                      stream(owner, client, cut);
                });
  }

  private static HttpResponse stream(
      ActorRef<RequestActor.Command> owner, ClientConnection client, CompletionStage<Void> cut) {
    client.replyBegins();
    Source<ByteString, NotUsed> events =
        Source.unfoldAsync(owner, GenerateRoute::pull)
            .viaMat(KillSwitches.single(), Keep.right())
            .watchTermination(
                (line, done) -> {
                  // A failure of its source makes the HTTP server reset the connection, also one
                  // that takes no bytes.
                  cut.whenComplete(
                      (over, failure) -> {
                        if (failure != null) {
                          line.abort(failure);
                        } else {
                          line.shutdown();
                        }
                      });
                  done.whenComplete(
                      (result, failure) -> {
                        client.replyEnds();
                        client.forget(owner);
                        owner.tell(new RequestActor.Disconnected());
                      });
                  return NotUsed.getInstance();
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
}
