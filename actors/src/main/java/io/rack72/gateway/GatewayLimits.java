package io.rack72.gateway;

import java.time.Duration;

/**
 * What a gateway takes at most. What exceeds a limit is refused with an error that names it.
 *
 * @param bodyBytes largest request body
 * @param bodiesBytes of all request bodies together that are being read; more are sent away
 * @param bodyTimeout within which a body must have arrived
 * @param choices largest {@code n}
 * @param sequences largest number of prompts times {@code n} in one request
 * @param connections clients connected at a time; more wait in the listen queue
 * @param requestTimeout within which a request must have been answered
 */
public record GatewayLimits(
    int bodyBytes,
    long bodiesBytes,
    Duration bodyTimeout,
    int choices,
    int sequences,
    int connections,
    Duration requestTimeout) {

  /**
   * What suits one machine: 8 MiB within a minute and 128 MiB of bodies at a time, 16 choices, 128
   * sequences, 1024 clients, an hour for each request.
   */
  public static final GatewayLimits DEFAULT =
      new GatewayLimits(
          8 << 20, 128L << 20, Duration.ofMinutes(1), 16, 128, 1024, Duration.ofHours(1));

  public GatewayLimits {
    require(
        bodyBytes >= 1024 && bodyBytes <= 1 << 28,
        "the body limit is 1 KiB to 256 MiB, not " + bodyBytes + " bytes");
    require(
        bodiesBytes >= bodyBytes,
        "the limit of all bodies is at least that of one, not " + bodiesBytes + " bytes");
    require(bodyTimeout.isPositive(), "the body timeout must be positive");
    require(choices >= 1 && choices <= 1024, "the choices limit is 1 to 1024, not " + choices);
    require(
        sequences >= choices && sequences <= 4096,
        "the sequences limit is the choices limit to 4096, not " + sequences);
    require(
        connections >= 1 && connections <= 1 << 20,
        "the connections limit is 1 to 1048576, not " + connections);
    require(requestTimeout.isPositive(), "the request timeout must be positive");
  }

  /** The same with another body limit. */
  public GatewayLimits withBodyBytes(int limitBytes) {
    return new GatewayLimits(
        limitBytes, bodiesBytes, bodyTimeout, choices, sequences, connections, requestTimeout);
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
