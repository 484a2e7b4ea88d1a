package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The JSON of {@code /v1/completions}.
 *
 * @param tokens writes logprobs
 * @param prompts for each choice, the prompt's token ids
 * @param logprobs whether choices have logprobs
 * @param tokenIds whether choices have {@code prompt_token_ids} and {@code token_ids}
 * @param usageInStream whether events have a {@code usage}, which is null but in the last
 */
record CompletionFormat(
    ReplyHeader header,
    TokenText tokens,
    List<int[]> prompts,
    boolean logprobs,
    boolean tokenIds,
    boolean usageInStream)
    implements ReplyFormat {
  private static final String OBJECT = "text_completion";

  @Override
  public ObjectNode chunk(int choice, ChoiceDelta delta) {
    ObjectNode json = header.open(OBJECT);
    write(json.putArray("choices").addObject(), choice, delta);
    if (usageInStream) {
      json.putNull("usage");
    }
    return json;
  }

  @Override
  public ObjectNode usageChunk(Usage usage) {
    ObjectNode json = header.open(OBJECT);
    json.putArray("choices");
    json.set("usage", usage.toJson());
    return json;
  }

  @Override
  public ObjectNode whole(List<ChoiceDelta> choices, Usage usage) {
    ObjectNode json = header.open(OBJECT);
    ArrayNode array = json.putArray("choices");
    for (int i = 0; i < choices.size(); i++) {
      write(array.addObject(), i, choices.get(i));
    }
    json.set("usage", usage.toJson());
    return json;
  }

  private void write(ObjectNode json, int choice, ChoiceDelta delta) {
    json.put("index", choice).put("text", delta.content());
    if (logprobs) {
      json.set("logprobs", tokens.completionLogprobs(delta.loggedTokens()));
    } else {
      json.putNull("logprobs");
    }
    json.put("finish_reason", delta.finishReason().orElse(null));
    if (tokenIds) {
      if (delta.first()) {
        ArrayNode prompt = json.putArray("prompt_token_ids");
        for (int id : prompts.get(choice)) {
          prompt.add(id);
        }
      }
      ArrayNode generated = json.putArray("token_ids");
      delta.tokenIds().forEach(generated::add);
    }
  }
}
