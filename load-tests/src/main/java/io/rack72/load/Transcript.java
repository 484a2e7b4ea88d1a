package io.rack72.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** What a reply says, put together from the events of a stream or read at once. Not thread-safe. */
final class Transcript {
  /** One of the {@code n} choices of a reply. */
  private static final class Choice {
    private final List<Integer> tokenIds = new ArrayList<>();
    private String finishReason = "";
  }

  private final TreeMap<Integer, Choice> choices = new TreeMap<>();
  private int countedTokens;
  private OptionalInt promptTokens = OptionalInt.empty();
  private OptionalInt completionTokens = OptionalInt.empty();
  private OptionalInt cachedTokens = OptionalInt.empty();
  private Optional<String> error = Optional.empty();

  /**
   * Takes an event, or a whole reply. Tokens are counted by {@code token_ids}; where a server gives
   * none, whatever text an event has counts as one token.
   *
   * @return tokens that it brought
   */
  int add(JsonNode json) {
    if (json.hasNonNull("error")) {
      fail(json.get("error").path("message").asText(json.get("error").toString()));
      return 0;
    }
    int tokens = 0;
    for (JsonNode entry : json.path("choices")) {
      tokens += add(choices.computeIfAbsent(entry.path("index").asInt(), _ -> new Choice()), entry);
    }
    countedTokens += tokens;
    JsonNode usage = json.path("usage");
    if (usage.isObject()) {
      promptTokens = number(usage.path("prompt_tokens"));
      completionTokens = number(usage.path("completion_tokens"));
      cachedTokens = number(usage.at("/prompt_tokens_details/cached_tokens"));
    }
    return tokens;
  }

  private static int add(Choice choice, JsonNode entry) {
    choice.finishReason = entry.path("finish_reason").asText(choice.finishReason);
    JsonNode ids = entry.path("token_ids");
    if (ids.isArray()) {
      ids.forEach(id -> choice.tokenIds.add(id.intValue()));
      return ids.size();
    }
    JsonNode said = entry.has("delta") ? entry.get("delta") : entry.path("message");
    boolean hasText =
        !entry.path("text").asText("").isEmpty()
            || !said.path("content").asText("").isEmpty()
            || !said.path("reasoning").asText("").isEmpty()
            || !said.path("reasoning_content").asText("").isEmpty()
            || !said.path("tool_calls").isEmpty();
    return hasText ? 1 : 0;
  }

  /** The reply is not as it must be; of several reasons the first is kept. */
  void fail(String why) {
    error = error.or(() -> Optional.of(why));
  }

  /** What is wrong with the reply, if anything. */
  Optional<String> error() {
    return error;
  }

  /** The tokens of each choice, by its index, as far as the server gave their ids. */
  List<List<Integer>> tokenIds() {
    return choices.values().stream().map(choice -> List.copyOf(choice.tokenIds)).toList();
  }

  /** Why each choice ended, by its index; empty where it has not. */
  List<String> finishReasons() {
    return choices.values().stream().map(choice -> choice.finishReason).toList();
  }

  /** Tokens of all choices: those that the server counted, or else those seen. */
  int outputTokens() {
    return completionTokens.orElse(countedTokens);
  }

  /** Of the prompt, where the server tells. */
  OptionalInt promptTokens() {
    return promptTokens;
  }

  /** Tokens of the prompt that the server had computed for an earlier one, where it tells. */
  OptionalInt cachedTokens() {
    return cachedTokens;
  }

  private static OptionalInt number(JsonNode node) {
    return node.isInt() ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
  }
}
