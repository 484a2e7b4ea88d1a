package io.rack72.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * What a {@code tokenizer.json} says about single tokens. Every id of the model has its bytes here:
 * those that the file does not name, since vocabulary matrices are padded, are special tokens
 * {@code <|reserved_ID|>}.
 */
final class TokenizerFile {
  /** The largest file that is read; the largest known ones have some 35 MB. */
  static final long MAX_FILE_BYTES = 256L << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final ObjectNode json;
  private final byte[][] tokens;
  private final Map<String, Integer> specials = new HashMap<>();
  private final Map<String, Integer> ordinaryAdded = new HashMap<>();
  private final BitSet specialIds = new BitSet();
  private final int unknownId;

  private TokenizerFile(Path path, ObjectNode json, int vocabSize) {
    this.path = path;
    this.json = json;
    this.tokens = new byte[vocabSize][];
    readVocabulary();
    readAdded();
    JsonNode model = json.path("model");
    JsonNode unknown = model.path("vocab").path(model.path("unk_token").asText());
    this.unknownId = unknown.isInt() ? unknown.intValue() : model.path("unk_id").asInt(-1);
    for (int id = 0; id < vocabSize; id++) {
      if (tokens[id] == null) {
        tokens[id] = ("<|reserved_" + id + "|>").getBytes(StandardCharsets.US_ASCII);
        specialIds.set(id);
      }
    }
  }

  /**
   * Reads a file for a model with {@code vocabSize} ids.
   *
   * @throws CheckpointException where it cannot be read, or names an id that the model has not
   */
  static TokenizerFile read(Path path, int vocabSize) {
    try {
      if (Files.size(path) > MAX_FILE_BYTES) {
        throw new CheckpointException(
            "%s has %d bytes; a tokenizer file may have at most %d"
                .formatted(path, Files.size(path), MAX_FILE_BYTES));
      }
      if (JSON.readTree(path.toFile()) instanceof ObjectNode json) {
        return new TokenizerFile(path, json, vocabSize);
      }
      throw new CheckpointException(path + " is not a tokenizer: it must hold one JSON object");
    } catch (JsonProcessingException e) {
      throw new CheckpointException(path + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /** The bytes of each id; not a copy. */
  byte[][] tokens() {
    return tokens;
  }

  /** Special tokens by their text. */
  Map<String, Integer> specials() {
    return specials;
  }

  /** The ids of special tokens, the reserved ones among them. */
  BitSet specialIds() {
    return specialIds;
  }

  /** Tokens that were added after training but stand for text. */
  Map<String, Integer> ordinaryAdded() {
    return ordinaryAdded;
  }

  /** The id for words that cannot be expressed, or -1. */
  int unknownId() {
    return unknownId;
  }

  /** The file as UTF-8, without special tokens, truncation and padding. */
  byte[] withoutSpecials() throws JsonProcessingException {
    // Shallow copies share the vocabulary, which is most of the file.
    ObjectNode ordinary = JSON.createObjectNode();
    ordinary.setAll(json);
    ordinary.putNull("truncation");
    ordinary.putNull("padding");
    ArrayNode added = ordinary.putArray("added_tokens");
    json.path("added_tokens").valueStream().filter(token -> !isSpecial(token)).forEach(added::add);
    return JSON.writeValueAsBytes(ordinary);
  }

  private void readVocabulary() {
    TokenBytes spelling = TokenBytes.usedBy(json);
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
        tokens[checkedId(token.getKey(), token.getValue())] = spelling.of(token.getKey());
      }
    } else if (vocabulary.isArray()) {
      // Unigram models list [token, score] and number them in order.
      for (int i = 0; i < vocabulary.size(); i++) {
        String token = vocabulary.get(i).path(0).asText();
        tokens[checkedId(token, IntNode.valueOf(i))] = spelling.of(token);
      }
    } else {
      throw new CheckpointException(
          path + " has no vocabulary: model.vocab must be an object or a list");
    }
  }

  private void readAdded() {
    for (JsonNode added : json.path("added_tokens")) {
      String content = added.path("content").asText();
      if (content.isEmpty()) {
        throw new CheckpointException(path + " has an added token without content");
      }
      int id = checkedId(content, added.path("id"));
      tokens[id] = content.getBytes(StandardCharsets.UTF_8);
      if (isSpecial(added)) {
        specials.put(content, id);
        specialIds.set(id);
      } else {
        ordinaryAdded.put(content, id);
      }
    }
  }

  private int checkedId(String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= tokens.length) {
      throw new CheckpointException(
          "%s gives token '%s' the id %s, but the model has the ids 0 to %d"
              .formatted(path, token, id.asText("(none)"), tokens.length - 1));
    }
    return id.intValue();
  }

  private static boolean isSpecial(JsonNode added) {
    return added.path("special").asBoolean();
  }
}
