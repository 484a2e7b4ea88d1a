package io.rack72.config;

import java.time.Duration;
import java.util.Optional;

/**
 * The HTTP side of a rack.
 *
 * @param host address to listen on
 * @param port to listen on; 0 takes any free one
 * @param apiKey that clients must send; empty lets everybody in
 * @param bodyLimitBytes of a request's body
 * @param maxConnections at a time
 * @param maxChoices that one request can ask for
 * @param heartbeat silence in a stream after which a comment is sent
 * @param stopGrace time that running requests get to end at a stop
 */
public record GatewaySettings(
    String host,
    int port,
    Optional<Secret> apiKey,
    long bodyLimitBytes,
    int maxConnections,
    int maxChoices,
    Duration heartbeat,
    Duration stopGrace) {
  public GatewaySettings {
    if (host.isEmpty() || port < 0 || port > 65_535) {
      throw new IllegalArgumentException("not an address to listen on: " + host + ":" + port);
    }
    if (bodyLimitBytes < 1 || maxConnections < 1 || maxChoices < 1) {
      throw new IllegalArgumentException(
          "limits are at least 1: body %d, connections %d, choices %d"
              .formatted(bodyLimitBytes, maxConnections, maxChoices));
    }
    if (!heartbeat.isPositive() || stopGrace.isNegative()) {
      throw new IllegalArgumentException(
          "the heartbeat is positive and the grace not negative: " + heartbeat + ", " + stopGrace);
    }
  }
}
