package io.rack72.config;

/**
 * How much live work a gateway takes on, for all keys together.
 *
 * @param maxRequests that are being answered at a time
 * @param maxTokens of their prompts
 * @param shareThreshold part of either limit up to which any key may take what it wants; above it
 *     only those are let in that have less than their share
 */
public record LoadSettings(int maxRequests, long maxTokens, double shareThreshold) {
  public LoadSettings {
    if (maxRequests < 1 || maxTokens < 1) {
      throw new IllegalArgumentException(
          "limits are at least 1: %d requests, %d tokens".formatted(maxRequests, maxTokens));
    }
    if (!(shareThreshold > 0 && shareThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of shares is above 0 and at most 1, not " + shareThreshold);
    }
  }
}
