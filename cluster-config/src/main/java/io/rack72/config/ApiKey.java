package io.rack72.config;

import io.rack72.schedule.Standing;
import java.util.OptionalInt;

/**
 * A key that lets clients in, and how much of the gateway they get.
 *
 * @param name of the key, for people and for shares; it is no secret
 * @param secret that clients send
 * @param weight of its share where others want the gateway too, 1 to {@link Standing#WEIGHT_LIMIT}
 * @param maxRequests that are answered for it at a time, however idle the gateway; empty for no
 *     limit of its own
 */
public record ApiKey(String name, Secret secret, int weight, OptionalInt maxRequests) {
  /** Name of the key that has none of its own. */
  public static final String DEFAULT_NAME = "default";

  public ApiKey {
    if (name.isEmpty()
        || weight < 1
        || weight > Standing.WEIGHT_LIMIT
        || maxRequests.orElse(1) < 1) {
      throw new IllegalArgumentException(
          "a key has a name, a weight of 1 to %d and requests of at least 1: '%s', %d, %s"
              .formatted(Standing.WEIGHT_LIMIT, name, weight, maxRequests));
    }
  }
}
