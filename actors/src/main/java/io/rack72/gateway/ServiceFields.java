package io.rack72.gateway;

import io.rack72.schedule.Standing;
import java.time.Duration;

/**
 * The fields of a request that decide when it is served and how long it may take; both endpoints
 * have them. Tokens do not depend on them. {@code priority} and {@code cache_salt} are named as in
 * vLLM's API.
 *
 * @param standing of the request's sequences among others
 * @param timeout within which it must have been answered
 */
record ServiceFields(Standing standing, Duration timeout) {
  private static final int CACHE_SALT_LIMIT_CHARS = 256;
  private static final long MILLIS = 1000;

  /**
   * @param timeoutLimit of the server, which a request can shorten
   */
  static ServiceFields read(JsonValue body, Tenant tenant, Duration timeoutLimit) {
    int priority =
        body.field("priority")
            .map(value -> value.integer(-Standing.PRIORITY_LIMIT, Standing.PRIORITY_LIMIT))
            .orElse(0);
    String cacheSalt = body.field("cache_salt").map(ServiceFields::cacheSalt).orElse("");
    Duration timeout =
        body.field("timeout").map(value -> timeout(value, timeoutLimit)).orElse(timeoutLimit);
    return new ServiceFields(
        new Standing(tenant.name(), tenant.weight(), priority, cacheSalt), timeout);
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
