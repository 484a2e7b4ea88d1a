package io.rack72.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The HTTP side of a rack.
 *
 * @param host address to listen on
 * @param port to listen on; 0 takes any free one
 * @param apiKeys of which clients must send one; none lets everybody in
 * @param sharePrefixesBetweenKeys whether prompts of different keys share what they begin with
 * @param load how much live work is taken on
 * @param bodyLimitBytes of a request's body
 * @param bodiesLimitBytes of all bodies that are being read; at least {@code bodyLimitBytes}
 * @param bodyTimeout within which a body must have arrived
 * @param maxConnections at a time
 * @param maxChoices that one request can ask for
 * @param maxSequences of one request: its prompts times its choices; at least {@code maxChoices}
 * @param requestTimeout within which a request must have been answered
 * @param unreadTokens of one stream that wait for its client before no more are made
 * @param stuckReaderTimeout after which a client that reads none of them is given up
 * @param heartbeat silence in a stream after which a comment is sent
 * @param resumeWindow how long a stream can be gone on with that nobody answers any more
 * @param resumeStreams of other gateways that are kept for that
 * @param resumeBytes that they take
 * @param stopGrace time that running requests get to end at a stop
 */
public record HttpSettings(
    String host,
    int port,
    List<ApiKey> apiKeys,
    boolean sharePrefixesBetweenKeys,
    LoadSettings load,
    int bodyLimitBytes,
    long bodiesLimitBytes,
    Duration bodyTimeout,
    int maxConnections,
    int maxChoices,
    int maxSequences,
    Duration requestTimeout,
    int unreadTokens,
    Duration stuckReaderTimeout,
    Duration heartbeat,
    Duration resumeWindow,
    int resumeStreams,
    long resumeBytes,
    Duration stopGrace) {
  public HttpSettings {
    apiKeys = List.copyOf(apiKeys);
    if (host.isEmpty() || port < 0 || port > 65_535) {
      throw new IllegalArgumentException("not an address to listen on: " + host + ":" + port);
    }
    if (bodyLimitBytes < 1 || maxConnections < 1 || maxChoices < 1 || maxSequences < maxChoices) {
      throw new IllegalArgumentException(
          "limits are at least 1, and sequences at least choices: %d, %d, %d, %d"
              .formatted(bodyLimitBytes, maxConnections, maxChoices, maxSequences));
    }
    if (bodiesLimitBytes < bodyLimitBytes || unreadTokens < 1) {
      throw new IllegalArgumentException(
          "all bodies are at least one, and unread tokens at least 1: %d, %d"
              .formatted(bodiesLimitBytes, unreadTokens));
    }
    if (!resumeWindow.isPositive() || resumeStreams < 1 || resumeBytes < 1) {
      throw new IllegalArgumentException(
          "the window is positive, and what is kept for it at least 1: %s, %d, %d"
              .formatted(resumeWindow, resumeStreams, resumeBytes));
    }
    if (!bodyTimeout.isPositive()
        || !requestTimeout.isPositive()
        || !stuckReaderTimeout.isPositive()
        || !heartbeat.isPositive()
        || stopGrace.isNegative()) {
      throw new IllegalArgumentException(
          "timeouts and heartbeat are positive and the grace is not negative: %s, %s, %s, %s, %s"
              .formatted(bodyTimeout, requestTimeout, stuckReaderTimeout, heartbeat, stopGrace));
    }
  }

  /** The key that this program's own clients send: the first there is. */
  public Optional<Secret> apiKey() {
    return apiKeys.stream().findFirst().map(ApiKey::secret);
  }
}
