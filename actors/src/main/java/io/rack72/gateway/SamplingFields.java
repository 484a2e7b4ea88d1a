package io.rack72.gateway;

import io.rack72.rack.ServedModel;
import io.rack72.rack.ServedModel.SamplingDefaults;
import io.rack72.sampling.SamplingParams;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The fields of a request that decide how tokens are chosen and when a reply ends; both endpoints
 * have them. Those that OpenAI's API lacks are named as in vLLM's.
 */
record SamplingFields(
    float temperature,
    float topP,
    int topK,
    float minP,
    OptionalLong seed,
    float presencePenalty,
    float frequencyPenalty,
    float repetitionPenalty,
    Map<Integer, Float> logitBias,
    int minTokens,
    Set<Integer> stopTokenIds,
    boolean ignoreEos,
    List<String> stops,
    boolean stopIncluded) {
  /** Alternatives to a token that can be reported at most. */
  static final int TOP_LOGPROBS_LIMIT = 20;

  private static final int LOGIT_BIAS_LIMIT = 1024;
  private static final int STOPS_LIMIT = 16;
  private static final int STOP_LIMIT_CHARS = 256;
  private static final int STOP_TOKEN_IDS_LIMIT = 128;

  static SamplingFields read(JsonValue body, ServedModel model) {
    SamplingDefaults defaults = model.sampling();
    int vocabSize = model.config().vocabSize();
    return new SamplingFields(
        body.field("temperature").map(value -> value.number(0, 2)).orElse(defaults.temperature()),
        body.field("top_p").map(value -> value.positiveNumber(1)).orElse(defaults.topP()),
        // -1 is how vLLM's clients ask for all tokens.
        body.field("top_k")
            .map(value -> Math.max(0, value.integer(-1, vocabSize)))
            .orElse(defaults.topK()),
        body.field("min_p").map(value -> value.number(0, 1)).orElse(0f),
        body.field("seed")
            .map(value -> OptionalLong.of(value.integer(Long.MIN_VALUE, Long.MAX_VALUE)))
            .orElse(OptionalLong.empty()),
        body.field("presence_penalty").map(value -> value.number(-2, 2)).orElse(0f),
        body.field("frequency_penalty").map(value -> value.number(-2, 2)).orElse(0f),
        body.field("repetition_penalty").map(value -> value.positiveNumber(10)).orElse(1f),
        body.field("logit_bias").map(value -> logitBias(value, vocabSize)).orElse(Map.of()),
        body.field("min_tokens").map(value -> value.integer(0, Integer.MAX_VALUE)).orElse(0),
        body.field("stop_token_ids").map(value -> ids(value, vocabSize)).orElse(Set.of()),
        body.field("ignore_eos").map(JsonValue::bool).orElse(false),
        body.field("stop").map(SamplingFields::stops).orElse(List.of()),
        body.field("include_stop_str_in_output").map(JsonValue::bool).orElse(false));
  }

  /**
   * The parameters of one sequence.
   *
   * @param topLogprobs as in {@link SamplingParams}
   * @param choiceSeed of the choice, not of the request
   * @param modelStopIds ids that end this model's replies
   */
  SamplingParams params(
      int topLogprobs, int maxTokens, long choiceSeed, Set<Integer> modelStopIds) {
    if (minTokens > maxTokens) {
      throw ApiError.invalid(
          "min_tokens",
          "'min_tokens' must not be above the "
              + maxTokens
              + " tokens that the reply can have, not "
              + minTokens);
    }
    Set<Integer> stopIds = new HashSet<>(stopTokenIds);
    stopIds.addAll(modelStopIds);
    return new SamplingParams(
        temperature,
        topP,
        topK,
        minP,
        choiceSeed,
        presencePenalty,
        frequencyPenalty,
        repetitionPenalty,
        logitBias,
        topLogprobs,
        maxTokens,
        minTokens,
        stopIds,
        ignoreEos);
  }

  private static Map<Integer, Float> logitBias(JsonValue value, int vocabSize) {
    Map<Integer, Float> bias = new TreeMap<>();
    value
        .fields(LOGIT_BIAS_LIMIT)
        .forEach(
            (name, number) -> {
              int id = tokenId(name);
              if (id < 0 || id >= vocabSize) {
                throw number.error(
                    "is no token id: those of this model are 0 to " + (vocabSize - 1));
              }
              if (bias.put(id, number.number(-100, 100)) != null) {
                throw number.error("names token id " + id + " a second time");
              }
            });
    return bias;
  }

  private static int tokenId(String name) {
    try {
      return Integer.parseInt(name);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static Set<Integer> ids(JsonValue value, int vocabSize) {
    Set<Integer> ids = new HashSet<>();
    value.items(STOP_TOKEN_IDS_LIMIT).forEach(item -> ids.add(item.integer(0, vocabSize - 1)));
    return ids;
  }

  private static List<String> stops(JsonValue value) {
    List<JsonValue> items = value.isText() ? List.of(value) : value.items(STOPS_LIMIT);
    return items.stream().map(SamplingFields::stop).toList();
  }

  private static String stop(JsonValue item) {
    String stop = item.text(STOP_LIMIT_CHARS);
    if (stop.isEmpty()) {
      throw item.error("must not be empty");
    }
    // What is left of surrogates among code points is unpaired.
    if (stop.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF)) {
      throw item.error("has half of a surrogate pair, which is no character");
    }
    return stop;
  }
}
