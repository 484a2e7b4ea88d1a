package io.rack72.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.GenerationConfig;
import io.rack72.sampling.SamplingParams;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options that say how tokens are chosen and when to end. Null where one was not given. */
final class SamplingOptions {
  private static final int DEFAULT_MAX_TOKENS = 256;
  private static final int MAX_LOGIT_BIAS = 100;

  @Option(names = "--max-tokens", paramLabel = "N", description = "Tokens to generate at most.")
  private Integer maxTokens;

  @Option(names = "--temperature", paramLabel = "T", description = "0 is greedy.")
  private Float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Likeliest tokens of this probability.")
  private Float topP;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "This many likeliest tokens; 0 is all.")
  private Integer topK;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Tokens of at least this times the likeliest one's probability.")
  private Float minP;

  @Option(names = "--seed", paramLabel = "N", description = "The same seed, the same tokens.")
  private Long seed;

  @Option(names = "--presence-penalty", paramLabel = "X", description = "-2 to 2.")
  private Float presencePenalty;

  @Option(names = "--frequency-penalty", paramLabel = "X", description = "-2 to 2.")
  private Float frequencyPenalty;

  @Option(names = "--repetition-penalty", paramLabel = "X", description = "1 changes nothing.")
  private Float repetitionPenalty;

  @Option(
      names = "--logit-bias",
      paramLabel = "ID=BIAS",
      description = "Added to a token's logit; can be repeated.")
  private Map<Integer, Float> logitBias = Map.of();

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "Text that ends the reply and is no part of it; can be repeated.")
  private List<String> stop = List.of();

  /** Strings that end the text. */
  List<String> stop() {
    return stop;
  }

  /**
   * What a sampler is given. Where an option was not given the checkpoint's own default holds.
   *
   * @param configuredSeed where none was given; one is drawn where there is none either
   * @throws IllegalArgumentException if an option is out of range
   */
  SamplingParams params(
      Checkpoint checkpoint,
      OptionalLong configuredSeed,
      int topLogprobs,
      int minTokens,
      boolean ignoreStopIds) {
    checkLogitBias(checkpoint.config().vocabSize());
    GenerationConfig defaults = checkpoint.generationConfig();
    return new SamplingParams(
        temperature != null ? temperature : (float) defaults.temperature().orElse(1),
        topP != null ? topP : (float) defaults.topP().orElse(1),
        topK != null ? topK : defaults.topK().orElse(0),
        or(minP, 0),
        seed != null ? seed : configuredSeed.orElseGet(Seeds::draw),
        or(presencePenalty, 0),
        or(frequencyPenalty, 0),
        or(repetitionPenalty, 1),
        logitBias,
        topLogprobs,
        maxTokens != null ? maxTokens : DEFAULT_MAX_TOKENS,
        minTokens,
        Set.copyOf(defaults.stopTokenIds()),
        ignoreStopIds);
  }

  /** Adds to a request what was given; for the rest the server's defaults hold. */
  void addTo(ObjectNode request) {
    put(request, "max_tokens", maxTokens);
    put(request, "temperature", temperature);
    put(request, "top_p", topP);
    put(request, "top_k", topK);
    put(request, "min_p", minP);
    put(request, "seed", seed);
    put(request, "presence_penalty", presencePenalty);
    put(request, "frequency_penalty", frequencyPenalty);
    put(request, "repetition_penalty", repetitionPenalty);
    if (!logitBias.isEmpty()) {
      ObjectNode biases = request.putObject("logit_bias");
      logitBias.forEach((id, bias) -> biases.put(Integer.toString(id), bias));
    }
    if (!stop.isEmpty()) {
      stop.forEach(request.putArray("stop")::add);
    }
  }

  private void checkLogitBias(int vocabSize) {
    logitBias.forEach(
        (id, bias) -> {
          if (id < 0 || id >= vocabSize || !(Math.abs(bias) <= MAX_LOGIT_BIAS)) {
            throw new IllegalArgumentException(
                "--logit-bias takes a token id from 0 to %d and a bias from -%d to %d, not %d=%s"
                    .formatted(vocabSize - 1, MAX_LOGIT_BIAS, MAX_LOGIT_BIAS, id, bias));
          }
        });
  }

  private static float or(Float given, float otherwise) {
    return given != null ? given : otherwise;
  }

  private static void put(ObjectNode request, String field, Object given) {
    if (given != null) {
      request.putPOJO(field, given);
    }
  }
}
