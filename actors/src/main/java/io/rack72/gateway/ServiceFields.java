package io.rack72.gateway;

import io.rack72.clock.Clock;
import io.rack72.schedule.Standing;
import java.time.Duration;

/**
 * The fields of a request that decide when it is served and how long it may take; both endpoints
 * have them. Tokens do not depend on them. {@code priority} and {@code cache_salt} are named as in
 * vLLM's API.
 *
 * @param standing of the request's sequences among others
 * @param timeout within which it must have been answered
 * @param receivedNanos the instant from which that counts: when its body had been read
 */
record ServiceFields(Standing standing, Duration timeout, long receivedNanos) {
  private static final int CACHE_SALT_LIMIT_CHARS = 256;
  private static final long MILLIS = 1000;

  /**
   * @param settings of the server, whose time for a request it can shorten
   * @throws ApiError where a field is wrong, or the request's time is over already
   */
  static ServiceFields read(JsonValue body, Arrival arrival, GatewaySettings settings) {
    Tenant tenant = arrival.tenant();
    Duration timeoutLimit = settings.limits().requestTimeout();
    int priority =
        body.field("priority")
            .map(value -> value.integer(-Standing.PRIORITY_LIMIT, Standing.PRIORITY_LIMIT))
            .orElse(0);
    String given = body.field("cache_salt").map(ServiceFields::cacheSalt).orElse("");
    String cacheSalt = settings.separatesPrefixes() ? ofTenant(tenant, given) : given;
    Duration timeout =
        body.field("timeout").map(value -> timeout(value, timeoutLimit)).orElse(timeoutLimit);
    ServiceFields fields =
        new ServiceFields(
            new Standing(tenant.name(), tenant.weight(), priority, cacheSalt),
            timeout,
            arrival.receivedNanos());
    fields.requireTime(settings.clock());
    return fields;
  }

  /**
   * What is left of the request's time.
   *
   * @throws ApiError 504 where nothing is, and nobody waits any more
   */
  Duration requireTime(Clock clock) {
    Duration remaining = timeout.minusNanos(clock.nowNanos() - receivedNanos);
    if (!remaining.isPositive()) {
      throw ApiError.notAnsweredInTime(timeout);
    }
    return remaining;
  }

  /** The name's length tells where it ends, so no two tenants and salts make the same. */
  private static String ofTenant(Tenant tenant, String salt) {
    return tenant.name().length() + ":" + tenant.name() + salt;
  }

  private static String cacheSalt(JsonValue value) {
    String salt = value.text(CACHE_SALT_LIMIT_CHARS);
    if (salt.isEmpty()) {
      throw value.error("must not be empty; leave it out to share what was computed with others");
    }
    return salt;
  }

  private static Duration timeout(JsonValue value, Duration limit) {
    double limitSeconds = (double) limit.toMillis() / MILLIS;
    // Timers have milliseconds; what is shorter than one is one.
    return Duration.ofMillis(
        Math.max(1, Math.round((double) value.positiveNumber(limitSeconds) * MILLIS)));
  }
}
