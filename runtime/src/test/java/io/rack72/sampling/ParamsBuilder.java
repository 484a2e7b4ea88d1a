package io.rack72.sampling;

import java.util.Map;
import java.util.Set;

/** Sampling parameters of which a test names only those it is about. */
public final class ParamsBuilder {
  private float temperature = 1;
  private float topP = 1;
  private int topK;
  private float minP;
  private long seed;
  private float presencePenalty;
  private float frequencyPenalty;
  private float repetitionPenalty = 1;
  private Map<Integer, Float> logitBias = Map.of();
  private int topLogprobs = -1;
  private int maxTokens = 1000;
  private int minTokens;
  private Set<Integer> stopIds = Set.of();
  private boolean ignoreStopIds;

  private ParamsBuilder() {}

  /** Plain sampling at temperature 1. */
  public static ParamsBuilder params() {
    return new ParamsBuilder();
  }

  public ParamsBuilder temperature(double value) {
    temperature = (float) value;
    return this;
  }

  public ParamsBuilder topP(double value) {
    topP = (float) value;
    return this;
  }

  public ParamsBuilder topK(int value) {
    topK = value;
    return this;
  }

  public ParamsBuilder minP(double value) {
    minP = (float) value;
    return this;
  }

  public ParamsBuilder seed(long value) {
    seed = value;
    return this;
  }

  /** All three penalties. */
  public ParamsBuilder penalties(double presence, double frequency, double repetition) {
    presencePenalty = (float) presence;
    frequencyPenalty = (float) frequency;
    repetitionPenalty = (float) repetition;
    return this;
  }

  public ParamsBuilder logitBias(Map<Integer, Float> value) {
    logitBias = value;
    return this;
  }

  public ParamsBuilder topLogprobs(int value) {
    topLogprobs = value;
    return this;
  }

  /** Fewest and most tokens. */
  public ParamsBuilder tokens(int min, int max) {
    minTokens = min;
    maxTokens = max;
    return this;
  }

  public ParamsBuilder stopIds(Integer... ids) {
    stopIds = Set.of(ids);
    return this;
  }

  public ParamsBuilder ignoreStopIds() {
    ignoreStopIds = true;
    return this;
  }

  /** The parameters. */
  public SamplingParams build() {
    return new SamplingParams(
        temperature,
        topP,
        topK,
        minP,
        seed,
        presencePenalty,
        frequencyPenalty,
        repetitionPenalty,
        logitBias,
        topLogprobs,
        maxTokens,
        minTokens,
        stopIds,
        ignoreStopIds);
  }
}
