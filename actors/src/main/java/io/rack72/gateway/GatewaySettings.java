package io.rack72.gateway;

import io.rack72.clock.Clock;
import io.rack72.resume.ResumeLimits;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How a gateway listens, what it takes, and where it has time and chance from. Immutable.
 *
 * @param host address to listen on; {@code 0.0.0.0} for all
 * @param port to listen on; 0 for any free one
 * @param apiKeys of which clients must send one as {@code Authorization: Bearer KEY}; without any
 *     all are served, as one tenant
 * @param sharedPrefixes whether the holders of different keys share what was computed for prompts
 *     that begin alike, and can so find out what others have asked
 * @param instance distinguishes this gateway's request ids from those of others and of earlier runs
 * @param version of the program, for {@code GET /version}
 * @param limits what one request may be and take
 * @param load how much live work is taken on
 * @param streams how patient it is with the readers of streams
 * @param resume what is kept so that streams can be gone on with
 * @param seed from which the seeds of requests without one are counted
 * @param clock by which the time of requests is measured
 * @param epochSeconds the present, for {@code created}
 * @param today the date that chat prompts tell the model; usually none, so that a prompt does not
 *     depend on the day
 */
public record GatewaySettings(
    String host,
    int port,
    List<ApiKey> apiKeys,
    boolean sharedPrefixes,
    String instance,
    String version,
    GatewayLimits limits,
    LoadLimits load,
    StreamLimits streams,
    ResumeLimits resume,
    long seed,
    Clock clock,
    LongSupplier epochSeconds,
    Supplier<Optional<LocalDate>> today) {

  public GatewaySettings {
    apiKeys = List.copyOf(apiKeys);
    require(!host.isBlank(), "the host to listen on must not be empty");
    require(port >= 0 && port <= 65535, "a port is 0 to 65535, not " + port);
    requireDistinct(apiKeys);
    require(
        instance.matches("[A-Za-z0-9]{1,32}"),
        "an instance has 1 to 32 letters and digits, not '" + instance + "'");
    Objects.requireNonNull(version, "version");
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(load, "load");
    Objects.requireNonNull(streams, "streams");
    Objects.requireNonNull(resume, "resume");
    Objects.requireNonNull(clock, "clock");
    Objects.requireNonNull(epochSeconds, "epochSeconds");
    Objects.requireNonNull(today, "today");
  }

  /** Whether tenants must not share what was computed for their prompts. */
  boolean separatesPrefixes() {
    return !apiKeys.isEmpty() && !sharedPrefixes;
  }

  /** What tells gateways apart; the keys are counted only. */
  @Override
  public String toString() {
    return "GatewaySettings[%s:%d, instance %s, API keys: %d]"
        .formatted(host, port, instance, apiKeys.size());
  }

  private static void requireDistinct(List<ApiKey> keys) {
    require(
        keys.stream().map(ApiKey::secret).distinct().count() == keys.size(),
        "two API keys are the same");
    require(
        keys.stream().map(key -> key.tenant().name()).distinct().count() == keys.size(),
        "two API keys have the same name");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
