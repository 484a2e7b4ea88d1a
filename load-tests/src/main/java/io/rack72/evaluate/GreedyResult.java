package io.rack72.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What became of token ids.
 *
 * @param tokens that the server generated
 * @param error why there are none; empty where the server answered
 */
record GreedyResult(GreedyPrompt prompt, List<Integer> tokens, Optional<String> error) {
  /** Whether every token is the expected one. */
  boolean agrees() {
    return tokens.equals(prompt.tokens());
  }

  /** Index of the first token that is not the expected one, or is missing. */
  int firstDifference() {
    int common = Math.min(tokens.size(), prompt.tokens().size());
    return IntStream.range(0, common)
        .filter(i -> !tokens.get(i).equals(prompt.tokens().get(i)))
        .findFirst()
        .orElse(common);
  }

  /** What was asked and what came; empty where all tokens agree. */
  Optional<ObjectNode> failure() {
    if (agrees()) {
      return Optional.empty();
    }
    ObjectNode failure = Json.object().put("id", prompt.id());
    prompt.prompt().forEach(failure.putArray("prompt")::add);
    prompt.tokens().forEach(failure.putArray("tokens")::add);
    failure.put(
        "failure",
        error.orElseGet(() -> "the first token that differs is at " + firstDifference()));
    tokens.forEach(failure.putArray("reply")::add);
    return Optional.of(failure);
  }
}
