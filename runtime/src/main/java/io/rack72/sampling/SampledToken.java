package io.rack72.sampling;

import java.util.Arrays;

/**
 * One chosen token. The logprobs are those of the model itself: natural logarithms of the softmax
 * of the raw logits, before temperature, penalties or any cut.
 *
 * @param id the token
 * @param logprob of the token; NaN where logprobs were not asked for
 * @param topIds the most likely tokens, most likely first, ties by lower id; empty where not asked
 * @param topLogprobs of {@code topIds}
 */
public record SampledToken(int id, float logprob, int[] topIds, float[] topLogprobs) {
  @Override
  public boolean equals(Object other) {
    return other instanceof SampledToken(int otherId, float p, int[] ids, float[] ps)
        && id == otherId
        && Float.floatToIntBits(logprob) == Float.floatToIntBits(p)
        && Arrays.equals(topIds, ids)
        && Arrays.equals(topLogprobs, ps);
  }

  @Override
  public int hashCode() {
    return 31 * id + Float.hashCode(logprob);
  }

  @Override
  public String toString() {
    return "SampledToken[" + id + ", logprob " + logprob + "]";
  }
}
