package io.rack72.gateway;

import io.rack72.gateway.Generation.Sequence;
import io.rack72.rack.ServedModel;
import io.rack72.sampling.SamplingParams;
import io.rack72.text.StopStrings;
import io.rack72.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads requests to {@code POST /v1/completions}. Thread-safe. */
final class CompletionEndpoint {
  private static final int DEFAULT_MAX_TOKENS = 16;

  private final Admission admission;
  private final ServedModel model;
  private final int vocabSize;

  CompletionEndpoint(Admission admission) {
    this.admission = admission;
    this.model = admission.model();
    this.vocabSize = model.config().vocabSize();
  }

  /**
   * @param arrival whose request it is, and when it came
   * @throws ApiError where the request cannot be served
   */
  Generation read(JsonValue body, Arrival arrival) {
    admission.checkModel(body);
    ReplyOptions options = ReplyOptions.read(body, admission.settings().limits().choices());
    refuseUnsupported(body, options);
    ServiceFields service = ServiceFields.read(body, arrival, admission.settings());
    SamplingFields sampling = SamplingFields.read(body, model);
    int topLogprobs =
        body.field("logprobs")
            .map(value -> value.integer(0, SamplingFields.TOP_LOGPROBS_LIMIT))
            .orElse(-1);
    boolean echo = body.field("echo").map(JsonValue::bool).orElse(false);
    if (echo && topLogprobs >= 0) {
      throw ApiError.invalid(
          "echo", "'echo' with 'logprobs' is not supported: prompts have no logprobs here");
    }
    boolean specialsShown = !body.field("skip_special_tokens").map(JsonValue::bool).orElse(true);
    boolean tokensShown = options.returnTokenIds() || topLogprobs >= 0;

    List<Prompt> prompts = prompts(body.required("prompt"));
    limitSequences(body, prompts.size(), options.choices());
    ReplyHeader header = admission.newReply("cmpl", sampling, arrival);
    List<Sequence> sequences = new ArrayList<>();
    int promptTokens = 0;
    for (Prompt prompt : prompts) {
      promptTokens += prompt.ids().length;
      int maxTokens =
          admission.maxTokens(
              body.field("max_tokens"), DEFAULT_MAX_TOKENS, prompt.ids().length, prompt.field());
      for (int i = 0; i < options.choices(); i++) {
        SamplingParams params =
            sampling.params(
                topLogprobs, maxTokens, SeedSource.ofChoice(header.seed(), i), model.stopIds());
        CompletionText text =
            new CompletionText(
                model.tokenizer(),
                specialsShown,
                new StopStrings(sampling.stops(), sampling.stopIncluded()));
        Choice choice =
            echo
                ? Choice.echoing(prompt.text(model.tokenizer()), text, tokensShown)
                : new Choice(text, tokensShown);
        sequences.add(new Sequence(prompt.ids(), params, choice));
      }
    }
    CompletionFormat format =
        new CompletionFormat(
            header,
            new TokenText(model.tokenizer()),
            sequences.stream().map(Sequence::promptIds).toList(),
            topLogprobs >= 0,
            options.returnTokenIds(),
            options.includeUsage());
    return new Generation(header.id(), sequences, format, options, service, promptTokens);
  }

  /**
   * @param field its path in the request
   * @param given the client's own text; absent where it gave token ids
   */
  private record Prompt(String field, int[] ids, Optional<String> given) {
    /** What an echo repeats; nothing where neither text nor tokenizer is there. */
    String text(Optional<Tokenizer> tokenizer) {
      return given.or(() -> tokenizer.map(known -> known.decode(ids))).orElse("");
    }
  }

  private List<Prompt> prompts(JsonValue value) {
    if (value.isText()) {
      return List.of(textPrompt(value));
    }
    if (!value.isArray()) {
      throw value.mustBe("a string or an array");
    }
    if (value.node().isEmpty()) {
      throw value.error("must not be empty");
    }
    if (value.node().get(0).isNumber()) {
      return List.of(tokenPrompt(value));
    }
    return value.items(admission.settings().limits().sequences()).stream()
        .map(item -> item.isText() ? textPrompt(item) : tokenPrompt(item))
        .toList();
  }

  private Prompt textPrompt(JsonValue value) {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    value.error(
                        "must be token ids: this model has no tokenizer, so it cannot read text"));
    String text = value.text();
    admission.checkLength(text, value.path());
    int[] ids = tokenizer.encode(text);
    for (int id : ids) {
      if (id >= vocabSize) {
        throw value.error(
            "has text that this model cannot read: token id %d, of %d that it knows"
                .formatted(id, vocabSize));
      }
    }
    return prompt(value, ids, Optional.of(text));
  }

  private Prompt tokenPrompt(JsonValue value) {
    return prompt(value, value.tokenIds(vocabSize), Optional.empty());
  }

  private static Prompt prompt(JsonValue value, int[] ids, Optional<String> given) {
    if (ids.length == 0) {
      throw value.error("must not be empty");
    }
    return new Prompt(value.path(), ids, given);
  }

  private void limitSequences(JsonValue body, int prompts, int choices) {
    int limit = admission.settings().limits().sequences();
    if ((long) prompts * choices > limit) {
      throw body.required("prompt")
          .error(
              "times 'n' makes %d sequences, and the limit is %d"
                  .formatted(prompts * choices, limit));
    }
  }

  private static void refuseUnsupported(JsonValue body, ReplyOptions options) {
    body.field("best_of")
        .filter(value -> value.integer(1, Integer.MAX_VALUE) != options.choices())
        .ifPresent(
            value -> {
              throw value.error("must be equal to 'n': choosing among more is not supported");
            });
    body.field("suffix")
        .filter(value -> !value.text().isEmpty())
        .ifPresent(
            value -> {
              throw value.error("is not supported: these models cannot fill in a middle");
            });
  }
}
