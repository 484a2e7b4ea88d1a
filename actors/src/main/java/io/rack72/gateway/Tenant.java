package io.rack72.gateway;

import io.rack72.schedule.Standing;
import java.util.OptionalInt;

/**
 * Whoever shares the gateway and its rack with others: the holder of an API key, or everybody where
 * none is asked for.
 *
 * @param name of the key, which is no secret; empty for everybody
 * @param weight of its share where more is wanted than there is, 1 to {@link Standing#WEIGHT_LIMIT}
 * @param maxRequests that are answered for it at a time, however idle the gateway; empty for no
 *     limit of its own
 */
public record Tenant(String name, int weight, OptionalInt maxRequests) {
  /** Everybody, as one. */
  public static final Tenant EVERYBODY = new Tenant("", 1, OptionalInt.empty());

  public Tenant {
    if (weight < 1 || weight > Standing.WEIGHT_LIMIT) {
      throw new IllegalArgumentException(
          "a weight is 1 to %d, not %d for '%s'".formatted(Standing.WEIGHT_LIMIT, weight, name));
    }
    if (maxRequests.orElse(1) < 1) {
      throw new IllegalArgumentException(
          "'%s' may have at least 1 request, not %d".formatted(name, maxRequests.getAsInt()));
    }
  }
}
