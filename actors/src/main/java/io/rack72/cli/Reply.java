package io.rack72.cli;

import io.rack72.gpu.SequenceEvent;
import io.rack72.rack.ServedModel;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.FinishReason;
import io.rack72.text.StopStrings;
import io.rack72.text.TextDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Puts a reply together, token by token. Not thread-safe. */
final class Reply {
  private final ServedModel model;
  private final int promptTokens;
  private final SamplingParams params;
  private final Optional<TextDecoder> decoder;
  private final StopStrings stops;
  private final List<SampledToken> tokens = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private FinishReason finish;

  /**
   * @param stopStrings that end the reply; only where the model has a tokenizer
   */
  Reply(ServedModel model, int promptTokens, SamplingParams params, List<String> stopStrings) {
    this.model = model;
    this.promptTokens = promptTokens;
    this.params = params;
    decoder = model.tokenizer().map(TextDecoder::withoutSpecials);
    stops = new StopStrings(stopStrings, false);
  }

  /**
   * Takes the next token.
   *
   * @return what can be shown: the text that is now certain, or the token's id and a blank where
   *     the model has no tokenizer
   */
  String take(SequenceEvent.Token event) {
    SampledToken token = event.token();
    tokens.add(token);
    finish = event.finish().orElse(null);
    if (decoder.isEmpty()) {
      return token.id() + " ";
    }
    String certain = stops.push(decoder.get().push(token.id()));
    if (stops.matched()) {
      finish = FinishReason.STOP;
    } else if (finish != null) {
      certain += stops.push(decoder.get().finish()) + stops.finish();
    }
    text.append(certain);
    return certain;
  }

  /** Whether nothing more is to come. */
  boolean isComplete() {
    return finish != null;
  }

  /** The whole reply, for programs. */
  Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("model", model.name());
    report.put("system_fingerprint", model.fingerprint());
    report.put("seed", params.seed());
    if (decoder.isPresent()) {
      report.put("text", text.toString());
    }
    report.put("token_ids", tokens.stream().map(SampledToken::id).toList());
    report.put("finish_reason", finish.name().toLowerCase(Locale.ROOT));
    stops.match().ifPresent(stop -> report.put("stop_reason", stop));
    if (params.topLogprobs() >= 0) {
      report.put("logprobs", tokens.stream().map(this::logprobs).toList());
    }
    Map<String, Object> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", promptTokens);
    usage.put("completion_tokens", tokens.size());
    report.put("usage", usage);
    return report;
  }

  private Map<String, Object> logprobs(SampledToken token) {
    List<Map<String, Object>> top = new ArrayList<>();
    for (int i = 0; i < token.topIds().length; i++) {
      top.add(logprob(token.topIds()[i], token.topLogprobs()[i]));
    }
    Map<String, Object> report = logprob(token.id(), token.logprob());
    report.put("top_logprobs", top);
    return report;
  }

  private static Map<String, Object> logprob(int id, float logprob) {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("id", id);
    report.put("logprob", logprob);
    return report;
  }
}
