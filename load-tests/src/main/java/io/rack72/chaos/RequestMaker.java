package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes the requests of a run: those of a seed are always the same. Greedy and sampled ones, with
 * penalties and without, of one choice or two, half of them chats where the model has text. Some
 * may end before their last token, by themselves or at a stop string. A pure class; thread-safe.
 */
final class RequestMaker {
  /** Ids that every vocabulary has as ordinary tokens. */
  private static final int TOKENS = 200;

  private static final int TWO_CHOICES_IN = 8;
  private static final int ALTERNATIVES = 2;
  private static final int ENDS_BY_ITSELF_IN = 8;
  private static final int STOPS_IN = 4;
  private static final int BRIEF_IN = 3;
  private static final int BRIEF_TOKENS = 8;

  /**
   * Those that end a reply soon, and those of which a reply often has but the beginning, so that
   * what may be one is held back.
   */
  private static final List<String> STOPS =
      List.of("7", "an", "g", "\n", "es", " th", ". T", "1112", "e e e", "d d d,");

  private final long seed;
  private final String model;
  private final boolean chats;
  private final Scenario.Load load;

  /**
   * @param model by which the server knows it
   * @param chats whether it has a tokenizer
   */
  RequestMaker(long seed, String model, boolean chats, Scenario.Load load) {
    this.seed = seed;
    this.model = model;
    this.chats = chats;
    this.load = load;
  }

  /**
   * The request that a client sends.
   *
   * @param client its number
   * @param turn how many it has sent before
   */
  StreamRequest make(int client, int turn) {
    SplittableRandom root = new SplittableRandom(seed * 1_000_003 + client * 10_007L + turn);
    SplittableRandom random = root.split();
    // How replies end is drawn apart, so that what else a seed gives does not depend on it.
    SplittableRandom ends = root.split();
    boolean chat = chats && client % 2 == 1;
    ObjectNode body = Json.object().put("model", model);
    body.put("max_tokens", load.replyTokens().draw(random))
        .put("ignore_eos", true)
        .put("return_token_ids", true)
        .put("seed", random.nextLong(1L << 40))
        .put("n", random.nextInt(TWO_CHOICES_IN) == 0 ? 2 : 1)
        .put("stream", true)
        .putObject("stream_options")
        .put("include_usage", true);
    if (random.nextBoolean()) {
      body.put("temperature", 0);
    } else {
      body.put("temperature", 0.9).put("top_p", 0.95).put("presence_penalty", 0.3);
    }
    int promptTokens = load.promptTokens().draw(random);
    if (ends.nextInt(ENDS_BY_ITSELF_IN) == 0) {
      body.remove("ignore_eos");
    }
    // Without a tokenizer there is no text to look for them in.
    if (chats && ends.nextInt(STOPS_IN) == 0) {
      ArrayNode stops = body.putArray("stop");
      for (int i = ends.nextInt(1, 4); i > 0; i--) {
        stops.add(STOPS.get(ends.nextInt(STOPS.size())));
      }
    }
    if (chat && ends.nextInt(BRIEF_IN) == 0) {
      // A model that thinks little about few numbers has content too, and not reasoning alone.
      body.put("reasoning_effort", "low");
      promptTokens = Math.min(promptTokens, BRIEF_TOKENS);
    }
    if (chat) {
      body.put("logprobs", true).put("top_logprobs", ALTERNATIVES);
      body.putArray("messages")
          .addObject()
          .put("role", "user")
          .put("content", words(random, promptTokens));
    } else {
      body.put("logprobs", ALTERNATIVES);
      ArrayNode prompt = body.putArray("prompt");
      for (int i = 0; i < promptTokens; i++) {
        prompt.add(random.nextInt(TOKENS));
      }
    }
    return new StreamRequest(
        "%02d-%d".formatted(client, turn), chat ? "chat/completions" : "completions", body);
  }

  /** Text of about so many tokens. */
  private static String words(SplittableRandom random, int tokens) {
    StringBuilder text = new StringBuilder("Add");
    for (int i = 0; i < tokens / 2; i++) {
      text.append(' ').append(random.nextInt(100));
    }
    return text.toString();
  }
}
