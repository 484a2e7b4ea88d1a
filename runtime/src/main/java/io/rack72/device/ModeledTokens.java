package io.rack72.device;

import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import io.rack72.sampling.TokenSource;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The tokens of a model whose logits are all equal: each that does not end the reply is as likely,
 * whatever came before. A token depends on the request's seed and the position alone, as a real one
 * would.
 *
 * <p>The generator is the one of G. Steele, D. Lea and C. Flood, "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA'14, with D. Stafford's mix, variant 13, as finalizer. A few operations
 * are enough for tokens that mean nothing, of which a rack's twin draws a million for each of its
 * seconds.
 */
public final class ModeledTokens implements TokenSource {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final int[] NO_IDS = {};
  private static final float[] NO_LOGPROBS = {};

  @Override
  public SampledToken sample(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position) {
    int token = at(position, params, vocabSize);
    if (params.topLogprobs() < 0) {
      return new SampledToken(token, Float.NaN, NO_IDS, NO_LOGPROBS);
    }
    float logprob = (float) -StrictMath.log(vocabSize);
    int[] topIds = IntStream.range(0, Math.min(params.topLogprobs(), vocabSize)).toArray();
    float[] topLogprobs = new float[topIds.length];
    Arrays.fill(topLogprobs, logprob);
    return new SampledToken(token, logprob, topIds, topLogprobs);
  }

  /** The token at a position of a sequence. */
  public static int at(int position, SamplingParams params, int vocabSize) {
    long bits = mixed(mixed(params.seed()) + (position + 1) * GOLDEN_GAMMA);
    int token = (int) Math.unsignedMultiplyHigh(bits, vocabSize);
    while (!params.ignoreStopIds() && params.stopIds().contains(token)) {
      token = (token + 1) % vocabSize;
    }
    return token;
  }

  private static long mixed(long bits) {
    long z = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
