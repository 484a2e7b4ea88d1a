package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.sampling.SampledToken;
import io.rack72.text.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Tokens and their logprobs as OpenAI's two endpoints write them. Immutable. */
final class TokenText {
  /** JSON has no negative infinity; OpenAI writes this for what is too unlikely to matter. */
  private static final float LOWEST_LOGPROB = -9999;

  private final Optional<Tokenizer> tokenizer;

  TokenText(Optional<Tokenizer> tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** {@code logprobs} of a completion's choice: four parallel arrays. */
  ObjectNode completionLogprobs(List<ChoiceDelta.LoggedToken> logged) {
    ObjectNode json = Json.object();
    ArrayNode tokens = json.putArray("tokens");
    ArrayNode logprobs = json.putArray("token_logprobs");
    ArrayNode tops = json.putArray("top_logprobs");
    ArrayNode offsets = json.putArray("text_offset");
    for (ChoiceDelta.LoggedToken entry : logged) {
      SampledToken token = entry.token();
      tokens.add(name(token.id()));
      logprobs.add(finite(token.logprob()));
      ObjectNode top = tops.addObject();
      // The chosen token is always among them, as in OpenAI's API.
      top.put(name(token.id()), finite(token.logprob()));
      for (int i = 0; i < token.topIds().length; i++) {
        int id = token.topIds()[i];
        if (id != token.id()) {
          top.put(top.has(name(id)) ? idName(id) : name(id), finite(token.topLogprobs()[i]));
        }
      }
      offsets.add(entry.textOffset());
    }
    return json;
  }

  /** {@code logprobs} of a chat message: one object for each token. */
  ObjectNode chatLogprobs(List<ChoiceDelta.LoggedToken> logged) {
    ObjectNode json = Json.object();
    ArrayNode content = json.putArray("content");
    for (ChoiceDelta.LoggedToken entry : logged) {
      SampledToken token = entry.token();
      ObjectNode item = content.addObject();
      describe(item, token.id(), token.logprob());
      ArrayNode tops = item.putArray("top_logprobs");
      for (int i = 0; i < token.topIds().length; i++) {
        describe(tops.addObject(), token.topIds()[i], token.topLogprobs()[i]);
      }
    }
    json.putNull("refusal");
    return json;
  }

  /**
   * A token as a string: its text, its bytes where they are not whole characters, its id where
   * there is no tokenizer. A special token has the name of an ordinary one with the same text.
   */
  private String name(int id) {
    if (unknown(id)) {
      return idName(id);
    }
    byte[] bytes = tokenizer.get().bytes(id);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder escaped = new StringBuilder("bytes:");
      for (byte b : bytes) {
        escaped.append("\\x%02x".formatted(b));
      }
      return escaped.toString();
    }
  }

  private static String idName(int id) {
    return "token_id:" + id;
  }

  private void describe(ObjectNode item, int id, float logprob) {
    item.put("token", name(id)).put("logprob", finite(logprob));
    if (unknown(id)) {
      item.putNull("bytes");
    } else {
      ArrayNode bytes = item.putArray("bytes");
      for (byte b : tokenizer.get().bytes(id)) {
        bytes.add(b & 0xFF);
      }
    }
  }

  private boolean unknown(int id) {
    return tokenizer.isEmpty() || id >= tokenizer.get().vocabularySize();
  }

  private static float finite(float logprob) {
    return Math.max(logprob, LOWEST_LOGPROB);
  }
}
