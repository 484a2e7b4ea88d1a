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
 * float; probabilities are doubles, summed in the order of token ids, so that no sum depends on lanes
 * or threads, and 2<sup>-53</sup> is lost where a float would lose whole tokens of a large
 * vocabulary.
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
    float max = requireMax(logits, offset, vocabSize, position);
    adjust(logits, offset, vocabSize, params, history);
    int token = params.isGreedy() ? argmax(vocabSize) : draw(vocabSize, params, position);
    if (params.topLogprobs() < 0) {
      return new SampledToken(token, Float.NaN, NO_IDS, NO_LOGPROBS);
    }
    LogSoftmax logprobs = new LogSoftmax(logits, offset, vocabSize, max);
    int[] topIds = logprobs.top(params.topLogprobs());
    float[] topLogprobs = new float[topIds.length];
    for (int i = 0; i < topIds.length; i++) {
      topLogprobs[i] = logprobs.of(topIds[i]);
    }
    return new SampledToken(token, logprobs.of(token), topIds, topLogprobs);
  }

  private static float requireMax(float[] logits, int offset, int vocabSize, int position) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabSize; i++) {
      float logit = logits[offset + i];
      if (logit > max) {
        max = logit;
      } else if (Float.isNaN(logit)) {
        throw new BrokenLogitsException(
            "the logit of token " + i + " at position " + position + " is not a number");
      }
    }
    if (Float.isInfinite(max)) {
      throw new BrokenLogitsException(
          "the largest logit at position " + position + " is " + max + ", not a finite number");
    }
    return max;
  }

  /** Fills {@link #adjusted}. */
  private void adjust(
      float[] logits, int offset, int vocabSize, SamplingParams params, TokenCounts history) {
    if (adjusted.length < vocabSize) {
      adjusted = new float[vocabSize];
    }
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

  private int argmax(int vocabSize) {
    int best = 0;
    for (int i = 1; i < vocabSize; i++) {
      if (adjusted[i] > adjusted[best]) {
        best = i;
      }
    }
    if (adjusted[best] == Float.NEGATIVE_INFINITY) {
      throw new IllegalArgumentException("the sampling parameters leave no token to choose");
    }
    return best;
  }

  private int draw(int vocabSize, SamplingParams params, int position) {
    weigh(vocabSize, params.temperature());
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
  private void weigh(int vocabSize, double temperature) {
    if (weights.length < vocabSize) {
      weights = new double[vocabSize];
    }
    double max = adjusted[argmax(vocabSize)];
    for (int i = 0; i < vocabSize; i++) {
      weights[i] = NegativeExp.of((adjusted[i] - max) / temperature);
    }
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
