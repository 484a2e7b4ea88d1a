package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Tokens that a request took.
 *
 * @param promptTokens of all prompts, each counted once
 * @param cachedTokens those among them that had been computed for others before
 * @param completionTokens of all choices
 * @param reasoningTokens those among them that were reasoning
 */
public record Usage(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) {
  ObjectNode toJson() {
    ObjectNode json =
        Json.object()
            .put("prompt_tokens", promptTokens)
            .put("completion_tokens", completionTokens)
            .put("total_tokens", promptTokens + completionTokens);
    json.putObject("prompt_tokens_details").put("cached_tokens", cachedTokens);
    json.putObject("completion_tokens_details").put("reasoning_tokens", reasoningTokens);
    return json;
  }
}
