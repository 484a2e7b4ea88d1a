package io.rack72.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.checkpoint.CheckpointException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Any tokenizer in the Hugging Face {@code tokenizer.json} format. Encoding is done by the Rust
 * library of Hugging Face through DJL; the bytes of tokens are read from the file itself, because
 * that library only gives whole texts.
 *
 * <p>The library is handed the file without its special tokens: it would find them in ordinary text
 * too, and a user could then write the structure of a conversation. Truncation and padding are
 * switched off. A token that the file marks as unknown-word token can come out of {@link #encode}.
 *
 * <p>Immutable and thread-safe. The native tokenizer is held as long as the process runs.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  /** The largest file that is read; the largest known ones have some 35 MB. */
  static final long MAX_FILE_BYTES = 256L << 20;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder;
  // By token id; null where the file names no token.
  private final byte[][] tokens;
  private final Map<String, Integer> specials;
  private final boolean[] special;

  private HuggingFaceTokenizer(
      ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder,
      byte[][] tokens,
      Map<String, Integer> specials) {
    this.encoder = encoder;
    this.tokens = tokens;
    this.specials = Map.copyOf(specials);
    this.special = new boolean[tokens.length];
    for (int id : specials.values()) {
      special[id] = true;
    }
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id] == null) {
        tokens[id] = ("<|reserved_" + id + "|>").getBytes(StandardCharsets.US_ASCII);
        special[id] = true;
      }
    }
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @param vocabSize ids that the model knows. Those that the file does not name, since vocabulary
   *     matrices are padded, become special tokens {@code <|reserved_ID|>}
   * @throws CheckpointException where the file cannot be read, is no tokenizer, or names an id that
   *     the model does not know
   */
  public static HuggingFaceTokenizer load(Path file, int vocabSize) {
    JsonNode json = read(file);
    byte[][] tokens = new byte[vocabSize][];
    Map<String, Integer> specials = new HashMap<>();
    TokenBytes spelling = TokenBytes.usedBy(json);
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
        int id = checkedId(file, token.getKey(), token.getValue(), vocabSize);
        tokens[id] = spelling.of(token.getKey());
      }
    } else if (vocabulary.isArray()) {
      // Unigram models list [token, score] and number them in order.
      for (int i = 0; i < vocabulary.size(); i++) {
        String token = vocabulary.get(i).path(0).asText();
        int id = checkedId(file, token, JSON.getNodeFactory().numberNode(i), vocabSize);
        tokens[id] = spelling.of(token);
      }
    } else {
      throw new CheckpointException(
          file + " has no vocabulary: model.vocab must be an object or a list");
    }
    for (JsonNode added : json.path("added_tokens")) {
      String content = added.path("content").asText();
      int id = checkedId(file, content, added.path("id"), vocabSize);
      tokens[id] = content.getBytes(StandardCharsets.UTF_8);
      if (added.path("special").asBoolean()) {
        specials.put(content, id);
      }
    }
    return new HuggingFaceTokenizer(encoder(file, json, specials), tokens, specials);
  }

  @Override
  public int[] encode(String text) {
    // Half a surrogate pair would abort the process inside the native library.
    long[] ids = encoder.encode(WellFormedText.of(text), false, false).getIds();
    int[] narrowed = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrowed[i] = Math.toIntExact(ids[i]);
    }
    return narrowed;
  }

  @Override
  public int vocabularySize() {
    return tokens.length;
  }

  @Override
  public byte[] bytes(int id) {
    checkRange(id);
    return tokens[id].clone();
  }

  @Override
  public boolean isSpecial(int id) {
    checkRange(id);
    return special[id];
  }

  @Override
  public OptionalInt special(String text) {
    Integer id = specials.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private void checkRange(int id) {
    if (id < 0 || id >= tokens.length) {
      throw new IllegalArgumentException(
          "token id %d is outside the vocabulary of %d".formatted(id, tokens.length));
    }
  }

  private static JsonNode read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new CheckpointException(
            "%s has %d bytes; a tokenizer file may have at most %d"
                .formatted(file, Files.size(file), MAX_FILE_BYTES));
      }
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static int checkedId(Path file, String token, JsonNode id, int vocabSize) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= vocabSize) {
      throw new CheckpointException(
          "%s gives token '%s' the id %s, but the model has the ids 0 to %d"
              .formatted(file, token, id.asText("(none)"), vocabSize - 1));
    }
    return id.intValue();
  }

  private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder(
      Path file, JsonNode json, Map<String, Integer> specials) {
    ObjectNode ordinary = json.deepCopy();
    ordinary.putNull("truncation");
    ordinary.putNull("padding");
    if (ordinary.path("added_tokens") instanceof ArrayNode added) {
      added.removeIf(token -> token.path("special").asBoolean());
    }
    if (ordinary.path("model") instanceof ObjectNode model) {
      removeWholeWords(model, specials);
    }
    stayOffline();
    try {
      return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(JSON.writeValueAsBytes(ordinary)),
          Map.of(
              "addSpecialTokens", "false",
              "truncation", "do_not_truncate",
              "padding", "do_not_pad"));
    } catch (IOException | RuntimeException e) {
      throw new CheckpointException(
          file + " is not a tokenizer that can be loaded: " + e.getMessage(), e);
    }
  }

  /**
   * Takes special tokens out of the vocabulary too, for the models that look a whole word up in it.
   * The unknown-word token must stay, or the model does not load.
   */
  private static void removeWholeWords(ObjectNode model, Map<String, Integer> specials) {
    boolean onlyMerges =
        model.path("type").asText().equals("BPE") && !model.path("ignore_merges").asBoolean();
    if (!onlyMerges && model.path("vocab") instanceof ObjectNode vocabulary) {
      String unknown = model.path("unk_token").asText();
      specials.keySet().stream().filter(s -> !s.equals(unknown)).forEach(vocabulary::remove);
    }
  }

  /**
   * DJL reports its use to its makers, and downloads a native library where it sees a GPU, unless
   * it is told not to. The library for the CPU is in its jar. A setting by the user stays.
   */
  private static void stayOffline() {
    for (String property : new String[] {"ai.djl.offline", "OPT_OUT_TRACKING"}) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
  }
}
