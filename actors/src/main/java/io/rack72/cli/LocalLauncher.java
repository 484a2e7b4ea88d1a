package io.rack72.cli;

import io.rack72.clock.Clock;
import io.rack72.config.HttpSettings;
import io.rack72.config.LoadSettings;
import io.rack72.config.Rack72Config;
import io.rack72.gateway.ApiKey;
import io.rack72.gateway.GatewayLimits;
import io.rack72.gateway.GatewaySettings;
import io.rack72.gateway.LoadLimits;
import io.rack72.gateway.StreamLimits;
import io.rack72.gateway.Tenant;
import io.rack72.model.ForwardObserver;
import io.rack72.rack.LocalRack;
import io.rack72.rack.NodeActor;
import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import io.rack72.resume.ResumeLimits;
import io.rack72.routing.RouterActor;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ServerBinding;

/** Racks of this JVM, computing on its cores. */
final class LocalLauncher implements RackLauncher {
  /** Time for connections without a stream to be closed in order. */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

  private final long hostMemoryBytes;

  /**
   * @param hostMemoryBytes of which KV memory gets the configured share
   */
  LocalLauncher(long hostMemoryBytes) {
    this.hostMemoryBytes = hostMemoryBytes;
  }

  @Override
  public Rack launch(Rack72Config config, OpenModel model, ForwardObserver observer) {
    ModelOnCpu computing = ModelOnCpu.prepare(config, model);
    try {
      RackSettings settings = computing.settings(config, hostMemoryBytes);
      return new RunningRack(start(settings, computing, observer), computing);
    } catch (RuntimeException | Error e) {
      computing.close();
      throw e;
    }
  }

  private static LocalRack start(
      RackSettings settings, ModelOnCpu computing, ForwardObserver observer) {
    OpenModel model = computing.model();
    try {
      return LocalRack.start(
          settings,
          model.checkpoint(),
          model.name(),
          model.tokenizer(),
          computing.numerics(),
          computing.clock(),
          observer);
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(e.getMessage(), e);
    }
  }

  @Override
  public Gateway open(Rack rack, Rack72Config config) {
    return gateway(rack, config);
  }

  /** Opens a gateway in front of any rack's router. */
  static Gateway gateway(Rack rack, Rack72Config config) {
    HttpSettings http = config.http();
    SecureRandom random = new SecureRandom();
    GatewaySettings settings =
        new GatewaySettings(
            http.host(),
            http.port(),
            http.apiKeys().stream().map(LocalLauncher::apiKey).toList(),
            http.sharePrefixesBetweenKeys(),
            "%016x".formatted(random.nextLong()),
            Version.current(),
            new GatewayLimits(
                http.bodyLimitBytes(),
                http.bodiesLimitBytes(),
                http.bodyTimeout(),
                http.maxChoices(),
                http.maxSequences(),
                http.maxConnections(),
                http.requestTimeout()),
            load(http.load(), rack.settings()),
            new StreamLimits(http.unreadTokens(), http.stuckReaderTimeout(), http.heartbeat()),
            new ResumeLimits(http.resumeWindow(), http.resumeStreams(), http.resumeBytes()),
            config.seed().orElseGet(random::nextLong),
            rack.clock(),
            () -> Instant.now().getEpochSecond(),
            Optional::empty);
    try {
      ServerBinding binding =
          io.rack72.gateway.Gateway.bind(
                  rack.system(), settings, rack.model(), rack.router(), rack.system())
              .toCompletableFuture()
              .join();
      return new OpenGateway(binding, rack, http);
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static LoadLimits load(LoadSettings load, RackSettings rack) {
    return new LoadLimits(
        load.maxLiveSequences().orElseGet(() -> sequencesOf(rack)),
        load.maxTokens(),
        load.shareThreshold());
  }

  /** As many as the rack lets run or wait. */
  private static long sequencesOf(RackSettings rack) {
    return rack.dataParallel()
        * ((long) rack.scheduler().maxRunning() + rack.scheduler().maxWaiting());
  }

  private static ApiKey apiKey(io.rack72.config.ApiKey key) {
    return new ApiKey(new Tenant(key.name(), key.weight(), key.maxRequests()), key.secret().text());
  }

  private record RunningRack(LocalRack rack, ModelOnCpu computing) implements Rack {
    @Override
    public ServedModel model() {
      return rack.model();
    }

    @Override
    public RackSettings settings() {
      return rack.settings();
    }

    @Override
    public String kernels() {
      return computing.numerics().kernels().name();
    }

    @Override
    public ActorSystem<NodeActor.Command> system() {
      return rack.system();
    }

    @Override
    public ActorRef<RouterActor.Command> router() {
      return rack.router();
    }

    @Override
    public Clock clock() {
      return computing.clock();
    }

    @Override
    public void close() {
      try {
        rack.close();
      } finally {
        computing.closeAfter(rack.system());
      }
    }
  }

  private record OpenGateway(ServerBinding binding, Rack rack, HttpSettings http)
      implements Gateway {
    @Override
    public URI url() {
      String host = http.host().contains(":") ? "[" + http.host() + "]" : http.host();
      return URI.create("http://" + host + ":" + binding.localAddress().getPort());
    }

    @Override
    public void close() {
      // Ending the connections resets those that are still being streamed to, so the streams are
      // waited for first.
      binding.unbind().toCompletableFuture().join();
      IdleRouter.await(rack.system(), rack.router(), http.stopGrace());
      // Clients whose time is up are told so, instead of being hung up on.
      rack.router().tell(new RouterActor.RackLost("the server is stopping"));
      binding.terminate(CLOSE_LIMIT).toCompletableFuture().join();
    }
  }
}
