package io.rack72.rack;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.BootstrapSetup;
import scala.concurrent.ExecutionContext;

/** What Pekko is told of a node. */
public final class ActorSettings {
  private ActorSettings() {}

  /**
   * Of a node without others.
   *
   * @param computeThreads on which GPUs compute, where they have no others
   */
  public static Config alone(int computeThreads) {
    return layered(computeThreads, ConfigFactory.empty());
  }

  /** Of a node with these settings above Rack72's own. */
  public static Config layered(int computeThreads, Config above) {
    String executor = "rack72-gpu-dispatcher.fork-join-executor.";
    return above
        .withFallback(
            ConfigFactory.parseMap(
                Map.of(
                    executor + "parallelism-min", computeThreads,
                    executor + "parallelism-max", computeThreads)))
        .withFallback(ConfigFactory.parseResources("pekko.conf"))
        .withFallback(ConfigFactory.load());
  }

  /**
   * How a system is made.
   *
   * @param threads of {@link PlacedModel#threads}
   */
  public static BootstrapSetup system(Config config, Optional<Executor> threads) {
    BootstrapSetup system = BootstrapSetup.create(config);
    return threads
        .map(
            executor -> system.withDefaultExecutionContext(ExecutionContext.fromExecutor(executor)))
        .orElse(system);
  }
}
