package io.rack72.rack;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.Map;

/** What Pekko is told of a node. */
public final class ActorSettings {
  private ActorSettings() {}

  /**
   * Of a node without others.
   *
   * @param computeThreads on which GPUs compute
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
}
