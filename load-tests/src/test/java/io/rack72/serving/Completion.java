package io.rack72.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code /v1/completions} answered, put together from a whole reply or from a stream.
 *
 * @param promptIds what the model was given
 * @param tokenIds what it generated
 * @param logprobs of each of them and, behind it, of its alternatives; empty where not asked for
 * @param finishReason why it ended
 */
public record Completion(
    List<Integer> promptIds,
    List<Integer> tokenIds,
    List<List<Float>> logprobs,
    String finishReason) {
  public static final String PATH = "/v1/completions";

  /** A request with these token ids, for exactly so many tokens, of which the ids are told. */
  public static ObjectNode request(List<Integer> promptIds, int tokens) {
    ObjectNode request = HttpApi.object().put("max_tokens", tokens);
    ArrayNode prompt = request.putArray("prompt");
    promptIds.forEach(prompt::add);
    return request.put("ignore_eos", true).put("return_token_ids", true);
  }

  /** A request for the likeliest tokens. */
  public static ObjectNode greedy(List<Integer> promptIds, int tokens) {
    return request(promptIds, tokens).put("temperature", 0);
  }

  /** A request in which everything that sampling has takes part. */
  public static ObjectNode sampled(List<Integer> promptIds, int tokens, long seed) {
    ObjectNode request = request(promptIds, tokens);
    request
        .put("temperature", 0.9)
        .put("top_p", 0.95)
        .put("top_k", 40)
        .put("min_p", 0.01)
        .put("presence_penalty", 0.3)
        .put("frequency_penalty", 0.2)
        .put("repetition_penalty", 1.1)
        .put("seed", seed)
        .putObject("logit_bias")
        .put("3", 1.5);
    return request;
  }

  /** The only choice of a whole reply. */
  public static Completion of(JsonNode reply) {
    return of(List.of(reply));
  }

  /** The only choice of a stream's events. */
  public static Completion of(List<JsonNode> events) {
    List<Integer> promptIds = new ArrayList<>();
    List<Integer> tokenIds = new ArrayList<>();
    List<List<Float>> logprobs = new ArrayList<>();
    String finishReason = null;
    for (JsonNode event : events) {
      assertEquals(1, event.path("choices").size(), event::toString);
      JsonNode choice = event.path("choices").get(0);
      choice.path("prompt_token_ids").forEach(id -> promptIds.add(id.intValue()));
      choice.get("token_ids").forEach(id -> tokenIds.add(id.intValue()));
      addLogprobs(choice.get("logprobs"), logprobs);
      finishReason = choice.get("finish_reason").textValue();
    }
    return new Completion(promptIds, tokenIds, logprobs, finishReason);
  }

  private static void addLogprobs(JsonNode json, List<List<Float>> logprobs) {
    for (int i = 0; i < json.path("token_logprobs").size(); i++) {
      List<Float> token = new ArrayList<>();
      token.add(json.get("token_logprobs").get(i).decimalValue().floatValue());
      json.get("top_logprobs").get(i).forEach(top -> token.add(top.decimalValue().floatValue()));
      logprobs.add(token);
    }
  }
}
