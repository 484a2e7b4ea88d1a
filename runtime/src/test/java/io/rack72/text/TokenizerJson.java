package io.rack72.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Small {@code tokenizer.json} files, made by hand. */
final class TokenizerJson {
  static final ObjectMapper JSON = new ObjectMapper();

  private TokenizerJson() {}

  /**
   * Byte-level BPE: ids 0 to 255 are the bytes, then "he", "ll", "llo" and "hello", an ordinary
   * added token, a hole, and from 264 the special tokens of Harmony.
   */
  static ObjectNode byteLevel() {
    ObjectNode root = object("version", "1.0");
    root.set("normalizer", null);
    root.set("pre_tokenizer", byteLevelStep());
    root.set("decoder", byteLevelStep());
    root.set("post_processor", null);
    ObjectNode model = root.putObject("model").put("type", "BPE").put("byte_fallback", false);
    ObjectNode vocabulary = model.putObject("vocab");
    int nextFree = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean printable = (value > 32 && value < 127) || (value > 160 && value != 173);
      vocabulary.put(String.valueOf((char) (printable ? value : nextFree++)), value);
    }
    int id = 256;
    for (String merged : List.of("he", "ll", "llo", "hello")) {
      vocabulary.put(merged, id++);
    }
    ArrayNode merges = model.putArray("merges");
    List.of("h e", "l l", "ll o", "he llo").forEach(merges::add);
    ArrayNode added = root.putArray("added_tokens");
    addToken(added, 262, "<tool>", false);
    int special = 264;
    for (HarmonyToken token : HarmonyToken.values()) {
      addToken(added, special++, token.text(), true);
    }
    return root;
  }

  static ObjectNode object(String field, String value) {
    return JSON.createObjectNode().put(field, value);
  }

  static void addToken(ArrayNode added, int id, String content, boolean special) {
    added
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
  }

  static Path write(Path directory, ObjectNode tokenizer) {
    Path file = directory.resolve("tokenizer.json");
    try {
      JSON.writeValue(file.toFile(), tokenizer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private static ObjectNode byteLevelStep() {
    return object("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }
}
