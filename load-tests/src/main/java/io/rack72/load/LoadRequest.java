package io.rack72.load;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/**
 * A request that can be sent.
 *
 * @param path below {@code /v1}
 * @param body JSON, or something that is to be refused
 * @param readPause how long the client takes between two reads of the reply; zero reads at once
 */
record LoadRequest(String path, String body, Duration readPause) {
  private static final String COMPLETIONS = "completions";
  private static final String CHAT = "chat/completions";

  /** Sent to the completions, whatever it says, and read at once. */
  static LoadRequest completion(String body) {
    return new LoadRequest(COMPLETIONS, body, Duration.ZERO);
  }

  /** Sent to the chat, whatever it says, and read at once. */
  static LoadRequest chat(String body) {
    return new LoadRequest(CHAT, body, Duration.ZERO);
  }

  /** The same, read slowly. */
  LoadRequest withReadPause(Duration pause) {
    return new LoadRequest(path, body, pause);
  }

  /** The body of a completion of token ids that has exactly so many tokens. */
  static ObjectNode completionBody(String model, int[] prompt, int outputTokens, long seed) {
    ObjectNode body = body(model, outputTokens, seed);
    ArrayNode ids = body.putArray("prompt");
    for (int id : prompt) {
      ids.add(id);
    }
    return body;
  }

  /** The body of a chat whose only message is this text, with exactly so many tokens of reply. */
  static ObjectNode chatBody(String model, String text, int outputTokens, long seed) {
    ObjectNode body = body(model, outputTokens, seed);
    body.putArray("messages").addObject().put("role", "user").put("content", text);
    return body;
  }

  private static ObjectNode body(String model, int outputTokens, long seed) {
    return Json.object()
        .put("model", model)
        .put("max_tokens", outputTokens)
        .put("ignore_eos", true)
        .put("return_token_ids", true)
        .put("seed", seed);
  }

  /** Asks for the reply as a stream that tells its usage at the end. */
  static ObjectNode streamed(ObjectNode body) {
    body.put("stream", true).putObject("stream_options").put("include_usage", true);
    return body;
  }
}
