package io.rack72.gateway;

/**
 * How much live work a gateway takes on, for all tenants together.
 *
 * @param requests that are being answered at a time
 * @param tokens of their prompts, each prompt counted once
 * @param shareThreshold part of either limit up to which any tenant may take what it wants; above
 *     it only those are let in that have less than their share
 */
public record LoadLimits(int requests, long tokens, double shareThreshold) {
  /** What suits one machine: 4096 requests, 8 Mi tokens, shares from half of either on. */
  public static final LoadLimits DEFAULT = new LoadLimits(4096, 8L << 20, 0.5);

  /** So that a limit times a weight fits in a long. */
  private static final long TOKENS_LIMIT = 1L << 40;

  public LoadLimits {
    if (requests < 1 || tokens < 1 || tokens > TOKENS_LIMIT) {
      throw new IllegalArgumentException(
          "limits are at least 1 request and 1 to %d tokens, not %d and %d"
              .formatted(TOKENS_LIMIT, requests, tokens));
    }
    if (!(shareThreshold > 0 && shareThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of shares is above 0 and at most 1, not " + shareThreshold);
    }
  }
}
