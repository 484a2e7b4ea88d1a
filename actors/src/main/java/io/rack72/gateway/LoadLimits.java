package io.rack72.gateway;

/**
 * How much live work a gateway takes on, for all tenants together.
 *
 * @param sequences of the requests that are being answered at a time
 * @param tokens of their prompts, each prompt counted once
 * @param shareThreshold part of either limit that any tenant may take; the rest is kept for tenants
 *     by weight
 */
public record LoadLimits(long sequences, long tokens, double shareThreshold) {
  /** 4096 sequences and 8 Mi tokens, half of either kept for tenants. */
  public static final LoadLimits DEFAULT = new LoadLimits(4096, 8L << 20, 0.5);

  /** So that a limit times a weight fits in a long. */
  private static final long LIMIT = 1L << 40;

  public LoadLimits {
    if (sequences < 1 || sequences > LIMIT || tokens < 1 || tokens > LIMIT) {
      throw new IllegalArgumentException(
          "limits are 1 to %d sequences and tokens, not %d and %d"
              .formatted(LIMIT, sequences, tokens));
    }
    if (!(shareThreshold > 0 && shareThreshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of shares is above 0 and at most 1, not " + shareThreshold);
    }
  }
}
