package io.rack72.gateway;

import io.rack72.gateway.Generation.Sequence;
import io.rack72.rack.ServedModel;
import io.rack72.text.Conversation;
import io.rack72.text.FunctionTool;
import io.rack72.text.HarmonyRenderer;
import io.rack72.text.HarmonyToken;
import io.rack72.text.ReasoningEffort;
import io.rack72.text.StopStrings;
import io.rack72.text.SystemContent;
import io.rack72.text.Tokenizer;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads requests to {@code POST /v1/chat/completions}. Thread-safe. */
final class ChatEndpoint {
  private final Admission admission;
  private final ServedModel model;
  private final int vocabSize;

  ChatEndpoint(Admission admission) {
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
    Tokenizer tokenizer = chatTokenizer();
    ReplyOptions options = ReplyOptions.read(body, admission.settings().limits().choices());
    refuseUnsupported(body);
    ServiceFields service = ServiceFields.read(body, arrival, admission.settings());
    SamplingFields sampling = SamplingFields.read(body, model);
    int topLogprobs = topLogprobs(body);
    boolean tokensShown = options.returnTokenIds() || topLogprobs >= 0;

    JsonValue messages = body.required("messages");
    int[] prompt = prompt(messages, body, tokenizer);
    int maxTokens =
        admission.maxTokens(
            body.field("max_completion_tokens").or(() -> body.field("max_tokens")),
            Integer.MAX_VALUE,
            prompt.length,
            messages.path());

    ReplyHeader header = admission.newReply("chatcmpl", sampling, arrival);
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < options.choices(); i++) {
      ChatText text =
          new ChatText(tokenizer, new StopStrings(sampling.stops(), sampling.stopIncluded()));
      sequences.add(
          new Sequence(
              prompt,
              sampling.params(
                  topLogprobs, maxTokens, SeedSource.ofChoice(header.seed(), i), model.stopIds()),
              new Choice(text, tokensShown)));
    }
    ChatFormat format =
        new ChatFormat(
            header,
            new TokenText(model.tokenizer()),
            prompt,
            topLogprobs >= 0,
            options.returnTokenIds(),
            options.includeUsage());
    return new Generation(header.id(), sequences, format, options, service, prompt.length);
  }

  private Tokenizer chatTokenizer() {
    Tokenizer tokenizer =
        model
            .tokenizer()
            .orElseThrow(
                () ->
                    ApiError.invalid(
                        "model",
                        "this model has no tokenizer, which chat needs; send token ids to"
                            + " /v1/completions instead"));
    HarmonyToken.whyUnsupported(tokenizer)
        .ifPresent(
            reason -> {
              throw ApiError.invalid("model", reason);
            });
    return tokenizer;
  }

  private int[] prompt(JsonValue messages, JsonValue body, Tokenizer tokenizer) {
    SystemContent system = SystemContent.DEFAULT.withReasoningEffort(effort(body));
    Optional<LocalDate> today = admission.settings().today().get();
    if (today.isPresent()) {
      system = system.withCurrentDate(today.get().toString());
    }
    Conversation conversation = ChatMessages.read(messages, system, tools(body));
    int[] ids = new HarmonyRenderer(tokenizer).renderForCompletion(conversation);
    for (int id : ids) {
      if (id >= vocabSize) {
        throw messages.error(
            "have text that this model cannot read: token id %d, of %d that it knows"
                .formatted(id, vocabSize));
      }
    }
    return ids;
  }

  private static ReasoningEffort effort(JsonValue body) {
    return body.field("reasoning_effort")
        .map(
            value ->
                // Clients of other models know efforts beyond the three that this one has.
                ReasoningEffort.of(
                        switch (value.text()) {
                          case "none", "minimal" -> "low";
                          case "xhigh" -> "high";
                          default -> value.text();
                        })
                    .orElseThrow(
                        () ->
                            value.error(
                                "must be 'low', 'medium' or 'high', not "
                                    + ApiError.quote(value.text()))))
        .orElse(ReasoningEffort.MEDIUM);
  }

  private static List<FunctionTool> tools(JsonValue body) {
    List<FunctionTool> tools = body.field("tools").map(ChatMessages::tools).orElse(List.of());
    boolean none =
        body.field("tool_choice")
            .map(
                value -> {
                  if (value.isText() && value.text().equals("none")) {
                    return true;
                  }
                  if (value.isText() && value.text().equals("auto")) {
                    return false;
                  }
                  throw value.error(
                      "must be 'none' or 'auto': a call cannot be forced, the model decides");
                })
            .orElse(false);
    return none ? List.of() : tools;
  }

  private static int topLogprobs(JsonValue body) {
    boolean logprobs = body.field("logprobs").map(JsonValue::bool).orElse(false);
    Optional<JsonValue> top = body.field("top_logprobs");
    if (top.isPresent() && !logprobs) {
      throw top.get().error("needs 'logprobs': true");
    }
    int asked = top.map(value -> value.integer(0, SamplingFields.TOP_LOGPROBS_LIMIT)).orElse(0);
    return logprobs ? asked : -1;
  }

  private static void refuseUnsupported(JsonValue body) {
    body.field("response_format")
        .map(value -> value.object().required("type"))
        .filter(type -> !type.text().equals("text"))
        .ifPresent(
            type -> {
              throw type.error("must be 'text': replies cannot be held to a format");
            });
    body.field("functions")
        .ifPresent(
            value -> {
              throw value.error("is not supported; use 'tools'");
            });
    body.field("function_call")
        .ifPresent(
            value -> {
              throw value.error("is not supported; use 'tool_choice'");
            });
  }
}
