package io.rack72.gateway;

import java.time.Duration;
import java.time.LocalDate;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How a gateway listens, what it takes, and where it has time and chance from. Immutable.
 *
 * @param host address to listen on; {@code 0.0.0.0} for all
 * @param port to listen on; 0 for any free one
 * @param apiKey that clients must send as {@code Authorization: Bearer KEY}; without one all are
 *     served
 * @param instance distinguishes this gateway's request ids from those of others and of earlier runs
 * @param version of the program, for {@code GET /version}
 * @param limits what is taken at most
 * @param heartbeat how long a stream may be idle before a comment is sent to see whether the client
 *     is still there
 * @param seed from which the seeds of requests without one are counted
 * @param epochSeconds the present, for {@code created}
 * @param today the date that chat prompts tell the model; usually none, so that a prompt does not
 *     depend on the day
 */
public record GatewaySettings(
    String host,
    int port,
    Optional<String> apiKey,
    String instance,
    String version,
    GatewayLimits limits,
    Duration heartbeat,
    long seed,
    LongSupplier epochSeconds,
    Supplier<Optional<LocalDate>> today) {

  public GatewaySettings {
    require(!host.isBlank(), "the host to listen on must not be empty");
    require(port >= 0 && port <= 65535, "a port is 0 to 65535, not " + port);
    require(apiKey.isEmpty() || !apiKey.get().isBlank(), "an API key must not be empty");
    require(
        instance.matches("[A-Za-z0-9]{1,32}"),
        "an instance has 1 to 32 letters and digits, not '" + instance + "'");
    require(heartbeat.isPositive(), "the heartbeat must be positive");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(epochSeconds, "epochSeconds");
    Objects.requireNonNull(today, "today");
  }

  /**
   * Listens on 127.0.0.1 without a key, within {@link GatewayLimits#DEFAULT}, and looks after idle
   * streams every 10 seconds.
   *
   * @param epochSeconds the present, for {@code created}
   */
  public static GatewaySettings onLoopback(
      int port, String instance, String version, LongSupplier epochSeconds) {
    return new GatewaySettings(
        "127.0.0.1",
        port,
        Optional.empty(),
        instance,
        version,
        GatewayLimits.DEFAULT,
        Duration.ofSeconds(10),
        0,
        epochSeconds,
        Optional::empty);
  }

  /** Everything but the key, which belongs in no log. */
  @Override
  public String toString() {
    return "GatewaySettings[%s:%d, instance %s, API key %s]"
        .formatted(host, port, instance, apiKey.isPresent() ? "set" : "none");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
