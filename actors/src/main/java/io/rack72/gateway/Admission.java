package io.rack72.gateway;

import io.rack72.rack.ServedModel;
import io.rack72.resume.StreamHead;
import io.rack72.text.Tokenizer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What both endpoints need to take a request in: the model, the limits, and the ids and seeds of
 * requests. Thread-safe.
 */
final class Admission {
  private final ServedModel model;
  private final GatewaySettings settings;
  private final SeedSource seeds;
  private final int longestTokenBytes;
  private final AtomicLong requests = new AtomicLong();

  Admission(ServedModel model, GatewaySettings settings) {
    this.model = model;
    this.settings = settings;
    this.seeds = new SeedSource(settings.seed());
    this.longestTokenBytes = model.tokenizer().map(Admission::longestTokenBytes).orElse(0);
  }

  ServedModel model() {
    return model;
  }

  GatewaySettings settings() {
    return settings;
  }

  /** Refuses a request for another model; one that names none wants the one there is. */
  void checkModel(JsonValue body) {
    body.field("model")
        .map(JsonValue::text)
        .filter(name -> !name.equals(model.name()))
        .ifPresent(
            name -> {
              throw ApiError.modelNotFound(name, model.name());
            });
  }

  /**
   * Refuses a text that cannot fit in the context however it is tokenized, without the work of
   * tokenizing it.
   */
  void checkLength(String text, String promptField) {
    // No character has less than one byte.
    if (text.length() > (long) model.contextLimit() * longestTokenBytes) {
      throw ApiError.contextLengthExceeded(
          promptField,
          "this model's context has %d tokens, and a prompt of %d characters cannot fit in them"
              .formatted(model.contextLimit(), text.length()));
    }
  }

  private static int longestTokenBytes(Tokenizer tokenizer) {
    int longest = 0;
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      longest = Math.max(longest, tokenizer.bytes(id).length);
    }
    return longest;
  }

  /** The header of a new reply, under a new id, or of one that another gateway had begun. */
  ReplyHeader newReply(String idPrefix, SamplingFields sampling, Arrival arrival) {
    if (arrival.before().isPresent()) {
      StreamHead before = arrival.before().get();
      return new ReplyHeader(
          before.requestId(),
          before.createdEpochSeconds(),
          model.name(),
          model.fingerprint(),
          before.seed());
    }
    return new ReplyHeader(
        idPrefix + "-" + settings.instance() + "-" + requests.incrementAndGet(),
        settings.epochSeconds().getAsLong(),
        model.name(),
        model.fingerprint(),
        sampling.seed().orElseGet(seeds::next));
  }

  /**
   * How many tokens the reply may have.
   *
   * @param asked by the client
   * @param preferred where the client did not ask; what of it fits
   * @param promptField to name where prompt and reply do not fit in the context
   */
  int maxTokens(Optional<JsonValue> asked, int preferred, int promptTokens, String promptField) {
    int wanted = asked.map(value -> value.integer(1, Integer.MAX_VALUE)).orElse(1);
    int room = model.contextLimit() - promptTokens;
    if (wanted > room) {
      throw ApiError.contextLengthExceeded(
          promptField,
          "this model's context has %d tokens, but the prompt has %d and %s %d more; shorten either"
              .formatted(
                  model.contextLimit(),
                  promptTokens,
                  asked.isPresent() ? "the request asks for" : "the reply needs at least",
                  wanted));
    }
    return asked.isPresent() ? wanted : Math.min(preferred, room);
  }
}
