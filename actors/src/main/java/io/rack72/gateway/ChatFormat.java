package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The JSON of {@code /v1/chat/completions}. The model's reasoning stands as {@code reasoning}
 * beside {@code content}.
 *
 * @param tokens writes logprobs
 * @param prompt the conversation's token ids
 * @param logprobs whether choices have logprobs
 * @param tokenIds whether the reply has {@code prompt_token_ids} and choices {@code token_ids}
 * @param usageInStream whether events have a {@code usage}, which is null but in the last
 */
record ChatFormat(
    ReplyHeader header,
    TokenText tokens,
    int[] prompt,
    boolean logprobs,
    boolean tokenIds,
    boolean usageInStream)
    implements ReplyFormat {

  @Override
  public ObjectNode chunk(int choice, ChoiceDelta delta) {
    ObjectNode json = openChunk();
    ObjectNode entry = json.putArray("choices").addObject();
    entry.put("index", choice);
    writeDelta(entry.putObject("delta"), choice, delta);
    writeRest(entry, delta);
    if (tokenIds && delta.first()) {
      writePrompt(json);
    }
    if (usageInStream) {
      json.putNull("usage");
    }
    return json;
  }

  @Override
  public ObjectNode usageChunk(Usage usage) {
    ObjectNode json = openChunk();
    json.putArray("choices");
    json.set("usage", usage.toJson());
    return json;
  }

  @Override
  public ObjectNode whole(List<ChoiceDelta> choices, Usage usage) {
    ObjectNode json = header.open("chat.completion");
    ArrayNode array = json.putArray("choices");
    for (int i = 0; i < choices.size(); i++) {
      ObjectNode entry = array.addObject();
      entry.put("index", i);
      writeMessage(entry.putObject("message"), i, choices.get(i));
      writeRest(entry, choices.get(i));
    }
    if (tokenIds) {
      writePrompt(json);
    }
    json.set("usage", usage.toJson());
    return json;
  }

  private ObjectNode openChunk() {
    return header.open("chat.completion.chunk");
  }

  private void writeMessage(ObjectNode message, int choice, ChoiceDelta delta) {
    message.put("role", "assistant");
    // A message that only calls functions has no content, which OpenAI writes as null.
    boolean callsOnly = delta.content().isEmpty() && !delta.toolCalls().isEmpty();
    message.put("content", callsOnly ? null : delta.content());
    message.put("reasoning", delta.reasoning().isEmpty() ? null : delta.reasoning());
    message.putNull("refusal");
    if (!delta.toolCalls().isEmpty()) {
      ArrayNode calls = message.putArray("tool_calls");
      delta.toolCalls().forEach(call -> writeCall(calls.addObject(), choice, call));
    }
  }

  private void writeDelta(ObjectNode json, int choice, ChoiceDelta delta) {
    if (delta.first()) {
      json.put("role", "assistant");
    }
    if (!delta.reasoning().isEmpty()) {
      json.put("reasoning", delta.reasoning());
    }
    if (!delta.content().isEmpty()) {
      json.put("content", delta.content());
    }
    if (!delta.toolCalls().isEmpty()) {
      ArrayNode calls = json.putArray("tool_calls");
      delta
          .toolCalls()
          .forEach(call -> writeCall(calls.addObject().put("index", call.index()), choice, call));
    }
  }

  /** The id and name of a call are told where it begins. */
  private void writeCall(ObjectNode json, int choice, ChoiceDelta.ToolCall call) {
    if (call.name().isPresent()) {
      json.put("id", "call_" + header.id() + "_" + choice + "_" + call.index());
      json.put("type", "function");
    }
    ObjectNode function = json.putObject("function");
    call.name().ifPresent(name -> function.put("name", name));
    function.put("arguments", call.arguments());
  }

  private void writeRest(ObjectNode entry, ChoiceDelta delta) {
    if (logprobs) {
      entry.set("logprobs", tokens.chatLogprobs(delta.loggedTokens()));
    } else {
      entry.putNull("logprobs");
    }
    entry.put("finish_reason", delta.finishReason().orElse(null));
    delta.malformed().ifPresent(reason -> entry.put("malformed", reason));
    if (tokenIds) {
      ArrayNode generated = entry.putArray("token_ids");
      delta.tokenIds().forEach(generated::add);
    }
  }

  private void writePrompt(ObjectNode json) {
    ArrayNode ids = json.putArray("prompt_token_ids");
    for (int id : prompt) {
      ids.add(id);
    }
  }
}
