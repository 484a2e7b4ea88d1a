package io.rack72.gateway;

import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeId;
import io.rack72.rack.ServedModel;
import io.rack72.resume.StreamMessage;
import io.rack72.resume.StreamsActor;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.ProductVersion;
import org.apache.pekko.http.javadsl.model.headers.Server;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import scala.concurrent.duration.FiniteDuration;

/** The HTTP server that clients talk to, over the APIs of OpenAI and, in extras, of vLLM. */
public final class Gateway {
  /** How long a connection is kept on which nothing is being answered. */
  private static final Duration IDLE_LIMIT = Duration.ofMinutes(2);

  private Gateway() {}

  /**
   * Listens, and serves until it is unbound: {@link ServerBinding#unbind} takes no new connections,
   * {@link ServerBinding#terminate} ends those that there are, in good order up to a deadline.
   *
   * @return the binding, or {@link CannotListenException}
   */
  public static CompletionStage<ServerBinding> bind(
      ActorSystem<?> system,
      GatewaySettings settings,
      ServedModel model,
      ActorRef<RouterActor.Command> router,
      ActorRef<NodeActor.Command> rack) {
    return bind(system, settings, IDLE_LIMIT, model, router, rack);
  }

  static CompletionStage<ServerBinding> bind(
      ActorSystem<?> system,
      GatewaySettings settings,
      Duration idleLimit,
      ServedModel model,
      ActorRef<RouterActor.Command> router,
      ActorRef<NodeActor.Command> rack) {
    ActorRef<StreamMessage> streams =
        system.systemActorOf(
            StreamsActor.create(settings.resume(), settings.clock()),
            StreamsActor.NAME,
            Props.empty());
    rack.tell(
        new NodeActor.FollowGateways(
            others -> streams.tell(new StreamMessage.Peers(keepers(system, others)))));
    Routes routes = new Routes(system, settings, model, router, rack, streams);
    return Http.get(system)
        .newServerAt(settings.host(), settings.port())
        .withSettings(serverSettings(system, settings))
        .bindFlow(eachConnection(system, idleLimit, routes))
        .exceptionally(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException ? failure.getCause() : failure;
              throw new CannotListenException(settings.host(), settings.port(), cause);
            });
  }

  /** Who keeps streams on other nodes. */
  private static List<ActorRef<StreamMessage>> keepers(ActorSystem<?> system, List<NodeId> nodes) {
    ActorRefResolver resolver = ActorRefResolver.get(system);
    return nodes.stream()
        .map(
            node ->
                resolver.<StreamMessage>resolveActorRef(
                    "pekko://%s@%s/system/%s"
                        .formatted(system.name(), node.address(), StreamsActor.NAME)))
        .toList();
  }

  /** Requests of one connection are answered one after the other. */
  private static Flow<HttpRequest, HttpResponse, ?> eachConnection(
      ActorSystem<?> system, Duration idleLimit, Routes routes) {
    return Flow.<HttpRequest, HttpResponse, NotUsed>fromMaterializer(
        (materializer, attributes) -> {
          SharedKillSwitch line = KillSwitches.shared("client");
          ClientConnection client = new ClientConnection(system, idleLimit, line::shutdown);
          return BidiFlow.fromGraph(new ClientWatch(client))
              .join(
                  Flow.of(HttpRequest.class)
                      .via(line.flow())
                      .mapAsync(1, request -> routes.answer(request, client)));
        });
  }

  private static ServerSettings serverSettings(ActorSystem<?> system, GatewaySettings settings) {
    ServerSettings defaults = ServerSettings.create(system.classicSystem());
    return defaults
        .withServerHeader(
            Optional.of(Server.create(ProductVersion.create("rack72", settings.version()))))
        .withParsingErrorHandler(UnreadableRequest.class.getName())
        .withMaxConnections(settings.limits().connections())
        .withTimeouts(
            defaults
                .getTimeouts()
                // A reply takes as long as its tokens take, and one that is no stream sends nothing
                // meanwhile. Clients that are gone are found by their closed connections, and in
                // streams by the heartbeat; between replies the connection has its idle limit.
                .withRequestTimeout(scala.concurrent.duration.Duration.Inf())
                .withIdleTimeout(scala.concurrent.duration.Duration.Inf()))
        // After a last request Pekko stops reading, and after this time takes that for the end of
        // the connection, also of one on which a stream is still being sent.
        .withStreamCancellationDelay(FiniteDuration.create(1, TimeUnit.DAYS));
  }
}
