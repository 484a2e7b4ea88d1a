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
 * float. Probabilities are whole numbers of a unit so small that two hundred thousand unlikely
 * tokens are not rounded away, see {@link TokenWeights}: their sums are exact, so they do not
 * depend on lanes, on threads or on which tokens were passed over because they cannot be chosen. A
 * draw takes the first token by rising id with which the sum exceeds a random share of the total.
 *
 * <p>Owns scratch memory, of a few bytes per token of the vocabulary where logits are adjusted or
 * many tokens are candidates: one for each GPU. Not thread-safe.
 */
public final class Sampler implements TokenSource {
  private static final int[] NO_IDS = {};
  private static final float[] NO_LOGPROBS = {};

  private final LogitRow raw = new LogitRow();
  private final LogitRow adjustedRow = new LogitRow();
  private final Candidates candidates = new Candidates();
  private final VocabularyDraw vocabularyDraw = new VocabularyDraw();
  private float[] adjusted = {};

  @Override
  public SampledToken sample(
      float[] logits,
      int offset,
      int vocabSize,
      SamplingParams params,
      TokenCounts history,
      int position) {
    raw.read(logits, offset, vocabSize);
    requireFiniteMax(position);
    LogitRow row = raw;
    if (!takesLogitsAsTheyAre(params, history)) {
      adjust(logits, offset, vocabSize, params, history);
      row = adjustedRow;
    }
    int token = choose(row, params, position);
    if (params.topLogprobs() < 0) {
      return new SampledToken(token, Float.NaN, NO_IDS, NO_LOGPROBS);
    }
    LogSoftmax logprobs = new LogSoftmax(raw);
    int[] topIds = logprobs.top(params.topLogprobs(), candidates);
    float[] topLogprobs = new float[topIds.length];
    for (int i = 0; i < topIds.length; i++) {
      topLogprobs[i] = logprobs.of(topIds[i]);
    }
    return new SampledToken(token, logprobs.of(token), topIds, topLogprobs);
  }

  private void requireFiniteMax(int position) {
    float max = raw.max();
    if (Float.isNaN(max)) {
      int token = 0;
      while (!Float.isNaN(raw.logit(token))) {
        token++;
      }
      throw new BrokenLogitsException(
          "the logit of token " + token + " at position " + position + " is not a number");
    }
    if (Float.isInfinite(max)) {
      throw new BrokenLogitsException(
          "the largest logit at position " + position + " is " + max + ", not a finite number");
    }
  }

  /** Whether {@link #adjust} would change nothing. */
  private static boolean takesLogitsAsTheyAre(SamplingParams params, TokenCounts history) {
    return params.logitBias().isEmpty()
        && history.generated() >= params.minTokens()
        && !params.hasPenalties();
  }

  /** Fills {@link #adjustedRow}. */
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
    if (params.hasPenalties()) {
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
    adjustedRow.read(adjusted, 0, vocabSize);
    if (adjustedRow.max() == Float.NEGATIVE_INFINITY) {
      throw new IllegalArgumentException("the sampling parameters leave no token to choose");
    }
  }

  private int choose(LogitRow row, SamplingParams params, int position) {
    // A repetition penalty can make a logit infinite, with which no other compares.
    if (params.isGreedy() || Float.isInfinite(row.max())) {
      return row.argmax();
    }
    TokenWeights weights =
        TokenWeights.of(row.max(), params.temperature(), params.minP(), row.size());
    double uniform = CounterRandom.uniform(params.seed(), position, 0);
    if (params.topK() > 0 && params.topK() < row.size()) {
      return drawTopK(row, params, weights, uniform);
    }
    return params.topP() < 1
        ? vocabularyDraw.drawTopP(row, weights, params.topP(), uniform)
        : vocabularyDraw.draw(row, weights, uniform);
  }

  private int drawTopK(LogitRow row, SamplingParams params, TokenWeights weights, double uniform) {
    row.collectLikeliest(params.topK(), candidates);
    candidates.weigh(weights);
    candidates.keepCount(params.topK());
    if (params.topP() < 1) {
      candidates.keepMass(TokenWeights.share(params.topP(), candidates.total()));
    }
    return candidates.pick(CounterRandom.below(candidates.total(), uniform));
  }
}
