package io.rack72.config;

import java.util.OptionalLong;

/**
 * How much live work a gateway takes on, for all keys together.
 *
 * @param maxLiveSequences of the requests that are being answered at a time; empty for as many as
 *     the rack lets run or wait
 * @param maxTokens of their prompts
 * @param shareThreshold part of either limit that any key may take; the rest is kept for keys by
 *     weight
 */
public record LoadSettings(OptionalLong maxLiveSequences, long maxTokens, double shareThreshold) {
  public LoadSettings {
    if (maxLiveSequences.orElse(1) < 1 || maxTokens < 1) {
      throw new IllegalArgumentException(
          "limits are at least 1: %s sequences, %d tokens".formatted(maxLiveSequences, maxTokens));
    }
    if (!(shareThreshold > 0 && shareThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of shares is above 0 and at most 1, not " + shareThreshold);
    }
  }
}
