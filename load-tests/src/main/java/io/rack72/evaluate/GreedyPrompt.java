package io.rack72.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Token ids, and the likeliest ones after them as another implementation computed them.
 *
 * @param tokens that follow, one by one; where the reply ends by itself, the stop token is the
 *     last, as in {@code token_ids} of the server
 */
record GreedyPrompt(String id, List<Integer> prompt, List<Integer> tokens) {
  /**
   * Reads prompts.
   *
   * @param file those that come with the program where empty
   */
  static List<GreedyPrompt> readAll(Optional<Path> file) {
    return JsonLine.readAll(
        file,
        "greedy.jsonl",
        line -> new GreedyPrompt(line.text("id"), line.tokens("prompt"), line.tokens("tokens")));
  }

  /**
   * The body of the request. It asks for as many tokens as there should be: a reply that stops
   * where it should not is shorter, and one that does not stop where it should has another token
   * there.
   */
  ObjectNode request() {
    ObjectNode request = Json.object();
    request.put("max_tokens", tokens.size()).put("temperature", 0).put("return_token_ids", true);
    prompt.forEach(request.putArray("prompt")::add);
    return request;
  }
}
