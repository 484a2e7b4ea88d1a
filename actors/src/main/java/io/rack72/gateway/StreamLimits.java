package io.rack72.gateway;

import java.time.Duration;

/**
 * How patient a gateway is with the readers of its streams.
 *
 * @param unreadTokens of one stream that wait for its client; with so many its sequences are paused
 * @param stuckReaderTimeout after which a client is given up that reads nothing of what waits for
 *     it
 * @param heartbeat how long a stream may be idle before a comment is sent to see whether the client
 *     is still there
 */
public record StreamLimits(int unreadTokens, Duration stuckReaderTimeout, Duration heartbeat) {
  /** 1024 tokens, a minute, and a comment every 10 seconds. */
  public static final StreamLimits DEFAULT =
      new StreamLimits(1024, Duration.ofMinutes(1), Duration.ofSeconds(10));

  public StreamLimits {
    if (unreadTokens < 1) {
      throw new IllegalArgumentException(
          "the limit of unread tokens is at least 1, not " + unreadTokens);
    }
    if (!stuckReaderTimeout.isPositive() || !heartbeat.isPositive()) {
      throw new IllegalArgumentException(
          "the timeout of readers and the heartbeat are positive, not %s and %s"
              .formatted(stuckReaderTimeout, heartbeat));
    }
  }
}
