package io.rack72.gateway;

import io.rack72.clock.Clock;
import io.rack72.clock.ManualClock;
import io.rack72.resume.ResumeLimits;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Settings of a gateway on a free loopback port, changed where a test needs it. Its clock stands
 * still.
 */
final class TestSettings {
  private boolean sharedPrefixes;
  private Clock clock = new ManualClock();
  private String host = "127.0.0.1";
  private int port;
  private List<ApiKey> apiKeys = List.of();
  private int bodyBytes = GatewayLimits.DEFAULT.bodyBytes();
  private long bodiesBytes = GatewayLimits.DEFAULT.bodiesBytes();
  private Duration bodyTimeout = GatewayLimits.DEFAULT.bodyTimeout();
  private Duration requestTimeout = GatewayLimits.DEFAULT.requestTimeout();
  private LoadLimits load = LoadLimits.DEFAULT;
  private StreamLimits streams = StreamLimits.DEFAULT;
  private ResumeLimits resume = ResumeLimits.DEFAULT;
  private String instance = "test";
  private Optional<LocalDate> today = Optional.empty();

  TestSettings host(String address) {
    host = address;
    return this;
  }

  TestSettings port(int number) {
    port = number;
    return this;
  }

  /** One more key. */
  TestSettings apiKey(String name, String secret, int weight, OptionalInt maxRequests) {
    apiKeys =
        Stream.concat(
                apiKeys.stream(),
                Stream.of(new ApiKey(new Tenant(name, weight, maxRequests), secret)))
            .toList();
    return this;
  }

  /** Keys share prefixes. */
  TestSettings sharedPrefixes() {
    sharedPrefixes = true;
    return this;
  }

  TestSettings clock(Clock source) {
    clock = source;
    return this;
  }

  /** Bodies of so many bytes, of which one can be read at a time. */
  TestSettings oneBodyOf(int bytes) {
    bodyBytes = bytes;
    bodiesBytes = bytes;
    return this;
  }

  TestSettings bodyTimeout(Duration timeout) {
    bodyTimeout = timeout;
    return this;
  }

  TestSettings requestTimeout(Duration timeout) {
    requestTimeout = timeout;
    return this;
  }

  TestSettings load(LoadLimits limits) {
    load = limits;
    return this;
  }

  TestSettings streams(StreamLimits limits) {
    streams = limits;
    return this;
  }

  TestSettings resume(ResumeLimits limits) {
    resume = limits;
    return this;
  }

  TestSettings instance(String name) {
    instance = name;
    return this;
  }

  TestSettings today(LocalDate date) {
    today = Optional.of(date);
    return this;
  }

  GatewaySettings make() {
    GatewayLimits limits = GatewayLimits.DEFAULT;
    return new GatewaySettings(
        host,
        port,
        apiKeys,
        sharedPrefixes,
        instance,
        "1.2.3",
        new GatewayLimits(
            bodyBytes,
            bodiesBytes,
            bodyTimeout,
            limits.choices(),
            limits.sequences(),
            limits.connections(),
            requestTimeout),
        load,
        streams,
        resume,
        0,
        clock,
        () -> GatewayFixture.CREATED,
        () -> today);
  }
}
