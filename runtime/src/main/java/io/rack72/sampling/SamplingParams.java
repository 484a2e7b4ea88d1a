package io.rack72.sampling;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the next token of a sequence is chosen, and when the sequence ends. Immutable; validated
 * where it is made, so that a sampler can trust it.
 *
 * @param temperature 0 is greedy; up to 2 or so, divides the logits
 * @param topP keep the smallest set of most likely tokens whose probability reaches this; in (0, 1]
 * @param topK keep this many most likely tokens; 0 keeps all
 * @param minP drop tokens less likely than this times the most likely; in [0, 1]
 * @param seed of the counter-based generator; with the position it decides every draw
 * @param presencePenalty subtracted once from the logit of each token generated so far; in [-2, 2]
 * @param frequencyPenalty subtracted for each time a token was generated; in [-2, 2]
 * @param repetitionPenalty logits of tokens in prompt or output are divided by this where positive
 *     and multiplied where negative; 1 changes nothing
 * @param logitBias added to the logits of these token ids; each in [-100, 100]
 * @param topLogprobs how many alternatives to report with each token; -1 reports no logprobs at all
 * @param maxTokens tokens to generate at most; at least 1
 * @param minTokens tokens before which no stop id is chosen; they are masked until then
 * @param stopIds token ids that end the sequence
 * @param ignoreStopIds go on to {@code maxTokens} whatever is chosen
 */
public record SamplingParams(
    float temperature,
    float topP,
    int topK,
    float minP,
    long seed,
    float presencePenalty,
    float frequencyPenalty,
    float repetitionPenalty,
    Map<Integer, Float> logitBias,
    int topLogprobs,
    int maxTokens,
    int minTokens,
    Set<Integer> stopIds,
    boolean ignoreStopIds) {

  public SamplingParams {
    require(temperature >= 0 && temperature <= 100, "temperature", temperature, "0 to 100");
    require(topP > 0 && topP <= 1, "top_p", topP, "above 0, at most 1");
    require(topK >= 0, "top_k", topK, "0 (all) or more");
    require(minP >= 0 && minP <= 1, "min_p", minP, "0 to 1");
    require(Math.abs(presencePenalty) <= 2, "presence_penalty", presencePenalty, "-2 to 2");
    require(Math.abs(frequencyPenalty) <= 2, "frequency_penalty", frequencyPenalty, "-2 to 2");
    require(
        repetitionPenalty > 0 && repetitionPenalty <= 10,
        "repetition_penalty",
        repetitionPenalty,
        "above 0, at most 10");
    require(topLogprobs >= -1 && topLogprobs <= 20, "top_logprobs", topLogprobs, "0 to 20");
    require(maxTokens >= 1, "max_tokens", maxTokens, "1 or more");
    require(minTokens >= 0 && minTokens <= maxTokens, "min_tokens", minTokens, "0 to max_tokens");
    logitBias.forEach(
        (id, bias) -> {
          require(id >= 0, "a token id in logit_bias", id, "0 or more");
          require(Math.abs(bias) <= 100, "a bias in logit_bias", bias, "-100 to 100");
        });
    for (int id : stopIds) {
      require(id >= 0, "a stop token id", id, "0 or more");
    }
    // Sorted copies: the order in which a client named its ids may not reach a token.
    logitBias = Collections.unmodifiableMap(new TreeMap<>(logitBias));
    stopIds = Collections.unmodifiableSet(new TreeSet<>(stopIds));
  }

  /** Greedy choice of {@code maxTokens} tokens, ended by none. */
  public static SamplingParams greedy(int maxTokens) {
    return new SamplingParams(0, 1, 0, 0, 0, 0, 0, 1, Map.of(), -1, maxTokens, 0, Set.of(), true);
  }

  /** Whether the most likely token is always taken. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Whether the choice of a token depends on which ones there are already. */
  public boolean hasPenalties() {
    return repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
  }

  /**
   * Checks the token ids against a model.
   *
   * @throws IllegalArgumentException if one is not in the vocabulary, or if the stop ids leave
   *     nothing to choose
   */
  public void requireVocabulary(int vocabSize) {
    String range = "0 to " + (vocabSize - 1);
    for (int id : logitBias.keySet()) {
      require(id < vocabSize, "a token id in logit_bias", id, range);
    }
    for (int id : stopIds) {
      require(id < vocabSize, "a stop token id", id, range);
    }
    require(stopIds.size() < vocabSize, "the number of stop token ids", stopIds.size(), range);
  }

  private static void require(boolean holds, String name, Number value, String range) {
    if (!holds) {
      throw new IllegalArgumentException(name + " is " + range + ", not " + value);
    }
  }
}
