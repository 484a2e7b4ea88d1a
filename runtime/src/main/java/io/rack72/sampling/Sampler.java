package io.rack72.sampling;

import java.util.Objects;

/**
 * Chooses the next token of a sequence from its logits.
 *
 * <p>In this order, which is vLLM's: logit bias, mask of stop ids below the least length, penalties
 * for repetition, frequency and presence; then either the largest logit (of equals the lowest id),
 * or temperature, min-p, top-k, top-p over what top-k left, and a draw in proportion to the
 * probabilities. All ties go to the lower id, so that top-k keeps exactly k.
 *
 * <p>The choice is a function of (logits, parameters, history, position). Logits are adjusted in
 * float. Probabilities are doubles, summed in the order of token ids: no sum depends on lanes or
 * threads, and over two hundred thousand tokens none of the unlikely ones is rounded away.
 *
 * <p>Owns scratch memory of some bytes per token of the vocabulary: one for each GPU. Not
 * thread-safe.
 */
public final class Sampler {
  private static final int[] NO_IDS = {};
  private static final float[] NO_LOGPROBS = {};

  private final LikeliestCut cut = new LikeliestCut();
  private float[] adjusted = {};
  private double[] weights = {};

  /**
   * Chooses a token.
   *
   * @param logits of which {@code vocabSize} from {@code offset} on are this token's; not changed
   * @param params whose token ids are in the vocabulary
   * @param history of the sequence so far
   * @param position of the chosen token in its sequence, prompt included
   * @throws BrokenLogitsException if a logit is NaN or infinite upwards, or all are infinite
   *     downwards
   */
  public SampledToken sample(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position) {
    if (adjusted.length < vocabSize) {
      adjusted = new float[vocabSize];
      weights = new double[vocabSize];
    }
    float max = requireMax(logits, offset, vocabSize, position);
    int token =
        params.isGreedy() && takesLogitsAsTheyAre(params, history)
            ? argmax(logits, offset, max)
            : choose(logits, offset, vocabSize, params, history, position);
    if (params.topLogprobs() < 0) {
      return new SampledToken(token, Float.NaN, NO_IDS, NO_LOGPROBS);
    }
    LogSoftmax logprobs = new LogSoftmax(logits, offset, vocabSize, max, weights);
    int[] topIds = logprobs.top(params.topLogprobs());
    float[] topLogprobs = new float[topIds.length];
    for (int i = 0; i < topIds.length; i++) {
      topLogprobs[i] = logprobs.of(topIds[i]);
    }
    return new SampledToken(token, logprobs.of(token), topIds, topLogprobs);
  }

  private int choose(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position) {
    adjust(logits, offset, vocabSize, params, history);
    float max = max(adjusted, 0, vocabSize);
    if (max == Float.NEGATIVE_INFINITY) {
      throw new IllegalArgumentException("the sampling parameters leave no token to choose");
    }
    return params.isGreedy() ? argmax(adjusted, 0, max) : draw(vocabSize, params, max, position);
  }

  /**
   * Whether {@link #adjust} would only copy, which takes as long as all else in a greedy choice.
   */
  private static boolean takesLogitsAsTheyAre(SamplingParams params, TokenCounts history) {
    return params.logitBias().isEmpty()
        && history.generated() >= params.minTokens()
        && params.repetitionPenalty() == 1
        && params.frequencyPenalty() == 0
        && params.presencePenalty() == 0;
  }

  private static float requireMax(float[] logits, int offset, int vocabSize, int position) {
    float max = max(logits, offset, vocabSize);
    if (Float.isNaN(max)) {
      int token = 0;
      while (!Float.isNaN(logits[offset + token])) {
        token++;
      }
      throw new BrokenLogitsException(
          "the logit of token " + token + " at position " + position + " is not a number");
    }
    if (Float.isInfinite(max)) {
      throw new BrokenLogitsException(
          "the largest logit at position " + position + " is " + max + ", not a finite number");
    }
    return max;
  }

  /** The largest value, whatever the order in which they are compared; NaN if one is. */
  private static float max(float[] values, int offset, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = offset; i < offset + count; i++) {
      max = Math.max(max, values[i]);
    }
    return max;
  }

  /** Fills {@link #adjusted}. */
  private void adjust(
      float[] logits, int offset, int vocabSize, SamplingParams params, TokenCounts history) {
    System.arraycopy(logits, offset, adjusted, 0, vocabSize);
    params
        .logitBias()
        .forEach((token, bias) -> adjusted[Objects.checkIndex(token, vocabSize)] += bias);
    if (history.generated() < params.minTokens()) {
      for (int token : params.stopIds()) {
        adjusted[Objects.checkIndex(token, vocabSize)] = Float.NEGATIVE_INFINITY;
      }
    }
    float repetition = params.repetitionPenalty();
    float frequency = params.frequencyPenalty();
    float presence = params.presencePenalty();
    if (repetition != 1 || frequency != 0 || presence != 0) {
      history.forEach(
          (token, generated) -> {
            float logit = adjusted[Objects.checkIndex(token, vocabSize)];
            logit = logit > 0 ? logit / repetition : logit * repetition;
            if (generated > 0) {
              logit -= frequency * generated;
              logit -= presence;
            }
            adjusted[token] = logit;
          });
    }
  }

  private static int argmax(float[] values, int offset, float max) {
    int token = 0;
    // As numbers, so that both zeros are equal.
    while (values[offset + token] != max) {
      token++;
    }
    return token;
  }

  private int draw(int vocabSize, SamplingParams params, float max, int position) {
    weigh(vocabSize, max, params.temperature());
    boolean topK = params.topK() > 0 && params.topK() < vocabSize;
    boolean topP = params.topP() < 1;
    if (params.minP() > 0) {
      dropBelow(params.minP(), vocabSize);
    }
    if (topK || topP) {
      cut.rank(adjusted, vocabSize);
    }
    if (topK) {
      cut.keepCount(weights, params.topK());
    }
    if (topP) {
      cut.keepMass(weights, params.topP() * total(vocabSize));
    }
    double target = CounterRandom.uniform(params.seed(), position, 0) * total(vocabSize);
    double sum = 0;
    int last = 0;
    for (int i = 0; i < vocabSize; i++) {
      if (weights[i] > 0) {
        sum += weights[i];
        last = i;
        if (sum > target) {
          break;
        }
      }
    }
    return last;
  }

  /** Fills {@link #weights} with probabilities relative to the largest, which gets exactly 1. */
  private void weigh(int vocabSize, double max, double temperature) {
    for (int i = 0; i < vocabSize; i++) {
      weights[i] = (adjusted[i] - max) / temperature;
    }
    NegativeExp.replace(weights, vocabSize);
  }

  private void dropBelow(double least, int vocabSize) {
    for (int i = 0; i < vocabSize; i++) {
      if (weights[i] < least) {
        weights[i] = 0;
      }
    }
  }

  private double total(int vocabSize) {
    double sum = 0;
    for (int i = 0; i < vocabSize; i++) {
      sum += weights[i];
    }
    return sum;
  }
}
