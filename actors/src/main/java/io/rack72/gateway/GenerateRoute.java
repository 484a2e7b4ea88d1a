package io.rack72.gateway;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.metrics.RequestMetrics;
import io.rack72.resume.EventId;
import io.rack72.resume.StreamCopy;
import io.rack72.resume.StreamHead;
import io.rack72.resume.StreamKey;
import io.rack72.resume.StreamMessage;
import io.rack72.routing.RouterActor;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
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
    Generation read(JsonValue body, Arrival arrival);
  }

  /** Of those who keep streams, more than they wait for each other. */
  private static final Duration KEEPER_LIMIT = Duration.ofSeconds(5);

  /** A request that has been read, and where others can go on with its stream, how. */
  private record Understood(Generation generation, Optional<ResumableStream> stream) {}

  /** Reads a request that has a place. */
  private interface Placed {
    CompletionStage<Understood> read(RequestShares.Place place);
  }

  private final ActorSystem<?> system;
  private final GatewaySettings settings;
  private final ActorRef<RouterActor.Command> router;
  private final ActorRef<StreamMessage> streams;
  private final SecureRandom random = new SecureRandom();
  private final AtomicLong goneOnWith = new AtomicLong();
  private final RequestShares shares;
  private final RequestMetrics metrics;
  private final BodyMemory bodies;
  private final Executor readers;

  GenerateRoute(
      ActorSystem<?> system,
      GatewaySettings settings,
      ActorRef<RouterActor.Command> router,
      ActorRef<StreamMessage> streams,
      RequestShares shares,
      RequestMetrics metrics) {
    this.system = system;
    this.settings = settings;
    this.router = router;
    this.streams = streams;
    this.shares = shares;
    this.metrics = metrics;
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
    String path = request.getUri().path();
    return placed(
        tenant,
        client,
        place ->
            RequestBody.read(request, settings.limits(), bodies, system)
                .thenCompose(bytes -> understood(bytes, path, client, tenant, reader, place)));
  }

  /**
   * Goes on with a stream behind the last event that its client has; as {@link #answer} in all
   * else. The stream is given up where it is still answered, whose client is gone, before it needs
   * a place here: at this gateway its own is free by then. Where it gets none, what there is of it
   * is kept, and its client can try again.
   *
   * @param lastEventId as the client sends it
   */
  CompletionStage<HttpResponse> goOn(
      HttpRequest request,
      String lastEventId,
      ClientConnection client,
      Tenant tenant,
      Reader reader) {
    String path = request.getUri().path();
    EventId event =
        EventId.of(lastEventId)
            .orElseThrow(
                () -> ApiError.badEventId("must be the id of an event of a stream, unchanged"));
    // What the client asked for is known; it may send it again, and it is not looked at.
    request.discardEntityBytes(system);
    return kept(event.key(), tenant)
        .thenCompose(
            copy ->
                placed(
                    tenant,
                    client,
                    place -> understood(copy, event, path, client, tenant, reader, place)));
  }

  /** Reads the body of a copy, which waits for that in the same memory as those of clients. */
  private CompletionStage<Understood> understood(
      StreamCopy copy,
      EventId event,
      String path,
      ClientConnection client,
      Tenant tenant,
      Reader reader,
      RequestShares.Place place) {
    int bytes = copy.head().body().length;
    if (!bodies.take(bytes)) {
      throw ApiError.bodiesTooLarge();
    }
    return CompletableFuture.supplyAsync(
            () -> goneOnWith(copy, event, path, client, tenant, reader, place), readers)
        .whenComplete((request, failure) -> bodies.release(bytes));
  }

  private CompletionStage<StreamCopy> kept(StreamKey key, Tenant tenant) {
    CompletableFuture<Optional<StreamCopy>> copy = new CompletableFuture<>();
    streams.tell(new StreamMessage.Resume(key, tenant.name(), copy));
    return copy.completeOnTimeout(Optional.empty(), KEEPER_LIMIT.toSeconds(), SECONDS)
        .thenApply(found -> found.orElseThrow(ApiError::streamNotFound));
  }

  private Understood goneOnWith(
      StreamCopy copy,
      EventId event,
      String path,
      ClientConnection client,
      Tenant tenant,
      Reader reader,
      RequestShares.Place place) {
    requireThere(client);
    StreamHead before = copy.head();
    if (!before.path().equals(path)) {
      throw ApiError.badEventId("is of a stream of " + before.path() + "; send it there");
    }
    long receivedNanos = settings.clock().nowNanos() - copy.age().toNanos();
    Generation generation =
        reader
            .read(
                JsonValue.body(before.body()),
                new Arrival(tenant, receivedNanos, Optional.of(before)))
            // Nothing of the sequences before can be taken for these.
            .withId(
                "%s~%s-%d"
                    .formatted(
                        before.requestId(), settings.instance(), goneOnWith.incrementAndGet()));
    int choices = generation.sequences().size();
    if (event.tokens().size() != choices || copy.choices().size() != choices) {
      throw ApiError.badEventId(
          "tells of %d choices, and the stream has %d".formatted(event.tokens().size(), choices));
    }
    return new Understood(
        generation,
        Optional.of(
            new ResumableStream(
                head(event.key(), generation, tenant, path, before.body(), place),
                receivedNanos,
                ReaderPosition.behind(event),
                Optional.of(copy),
                streams)));
  }

  /** What is kept of a stream, with its body; empty where there is no room for that. */
  private static Optional<StreamHead> head(
      StreamKey key,
      Generation generation,
      Tenant tenant,
      String path,
      byte[] body,
      RequestShares.Place place) {
    if (body.length > StreamCopy.MAX_BYTES || !place.keepBody(body.length)) {
      return Optional.empty();
    }
    ReplyHeader header = generation.format().header();
    return Optional.of(
        new StreamHead(
            key,
            header.id(),
            generation.id(),
            tenant.name(),
            path,
            header.createdEpochSeconds(),
            header.seed(),
            generation.service().timeout(),
            body));
  }

  /** Answers a request in a place of its own, which it leaves when it is over. */
  private CompletionStage<HttpResponse> placed(
      Tenant tenant, ClientConnection client, Placed request) {
    RequestShares.Place place = shares.enter(tenant);
    try {
      return request
          .read(place)
          .thenCompose(
              read -> {
                Generation generation = read.generation();
                place.hold(generation.sequences().size(), generation.promptTokens());
                return own(read, client, place);
              })
          .whenComplete(
              (response, failure) -> {
                // The actor of an answer leaves the place.
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
  private CompletionStage<Understood> understood(
      byte[] bytes,
      String path,
      ClientConnection client,
      Tenant tenant,
      Reader reader,
      RequestShares.Place place) {
    long receivedNanos = settings.clock().nowNanos();
    return CompletableFuture.supplyAsync(
            () -> {
              requireThere(client);
              Generation generation =
                  reader.read(JsonValue.body(bytes), new Arrival(tenant, receivedNanos));
              return new Understood(
                  generation,
                  generation.options().stream()
                      ? begun(generation, tenant, path, bytes, receivedNanos, place)
                      : Optional.empty());
            },
            readers)
        .whenComplete((generation, failure) -> bodies.release(bytes.length));
  }

  /** Many may have waited for a reader for longer than their clients did. */
  private static void requireThere(ClientConnection client) {
    if (client.isClosed()) {
      throw ApiError.clientGone();
    }
  }

  /** A new stream; empty where it cannot be kept, and then its events have no ids. */
  private Optional<ResumableStream> begun(
      Generation generation,
      Tenant tenant,
      String path,
      byte[] body,
      long receivedNanos,
      RequestShares.Place place) {
    StreamKey key = StreamKey.draw(random);
    return head(key, generation, tenant, path, body, place)
        .map(
            kept ->
                new ResumableStream(
                    Optional.of(kept),
                    receivedNanos,
                    ReaderPosition.atStart(key, generation.sequences().size()),
                    Optional.empty(),
                    streams));
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
      Understood request, ClientConnection client, RequestShares.Place place) {
    Generation generation = request.generation();
    Duration remaining = generation.service().requireTime(settings.clock());
    CompletableFuture<RequestActor.Answer> answer = new CompletableFuture<>();
    RequestMetrics.Meter meter =
        metrics.begin(
            generation.service().receivedNanos(),
            generation.promptTokens(),
            generation.sequences().size());
    ActorRef<RequestActor.Command> owner;
    try {
      owner =
          system.systemActorOf(
              RequestActor.create(
                  generation,
                  request.stream(),
                  remaining,
                  router,
                  settings.streams(),
                  meter,
                  answer,
                  place),
              generation.id(),
              Props.empty());
    } catch (RuntimeException e) {
      // What never was an actor does not tell that it is over.
      meter.over(RequestMetrics.Outcome.FAILED);
      throw e;
    }
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
