package io.rack72.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * How the token strings of a {@code tokenizer.json} spell bytes. Tokens are runs of bytes, JSON
 * holds characters, and each family of tokenizers has its own way from one to the other.
 */
enum TokenBytes {
  /**
   * GPT-2's alphabet: each byte has a printable character of its own, which is the byte itself
   * where that is printable in Latin-1, and else the next free one from U+0100 on.
   */
  BYTE_LEVEL {
    @Override
    byte[] of(String token) {
      byte[] bytes = new byte[token.length()];
      for (int i = 0; i < token.length(); i++) {
        char c = token.charAt(i);
        int value = c < BYTE_OF_CHARACTER.length ? BYTE_OF_CHARACTER[c] : -1;
        if (value < 0) {
          // Not written in the alphabet at all, so it can only mean itself.
          return PLAIN.of(token);
        }
        bytes[i] = (byte) value;
      }
      return bytes;
    }
  },

  /** SentencePiece: U+2581 is a space, and {@code <0xNN>} is one byte. */
  SENTENCE_PIECE {
    @Override
    byte[] of(String token) {
      if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
        int high = Character.digit(token.charAt(3), 16);
        int low = Character.digit(token.charAt(4), 16);
        if (high >= 0 && low >= 0) {
          return new byte[] {(byte) (high << 4 | low)};
        }
      }
      return PLAIN.of(token.replace('\u2581', ' '));
    }
  },

  /** WordPiece: {@code ##} continues a word, anything else begins one. */
  WORD_PIECE {
    @Override
    byte[] of(String token) {
      return PLAIN.of(token.startsWith("##") ? token.substring(2) : " " + token);
    }
  },

  /** The characters themselves. */
  PLAIN {
    @Override
    byte[] of(String token) {
      return token.getBytes(StandardCharsets.UTF_8);
    }
  };

  private static final int[] BYTE_OF_CHARACTER = byteOfCharacter();

  /** The bytes that a token string spells. */
  abstract byte[] of(String token);

  /** The spelling used by a {@code tokenizer.json}, told by its decoder and pre-tokenizer. */
  static TokenBytes usedBy(JsonNode tokenizer) {
    Set<String> types = new HashSet<>();
    collectTypes(tokenizer.path("decoder"), "decoders", types);
    collectTypes(tokenizer.path("pre_tokenizer"), "pretokenizers", types);
    if (types.contains("ByteLevel")) {
      return BYTE_LEVEL;
    }
    if (types.contains("WordPiece")) {
      return WORD_PIECE;
    }
    boolean byteFallback = tokenizer.path("model").path("byte_fallback").asBoolean();
    return byteFallback || types.contains("ByteFallback") || types.contains("Metaspace")
        ? SENTENCE_PIECE
        : PLAIN;
  }

  private static void collectTypes(JsonNode step, String stepsField, Set<String> types) {
    types.add(step.path("type").asText());
    for (JsonNode inner : step.path(stepsField)) {
      types.add(inner.path("type").asText());
    }
  }

  private static int[] byteOfCharacter() {
    int[] bytes = new int[0x200];
    Arrays.fill(bytes, -1);
    int nextFree = 0x100;
    for (int value = 0; value < 0x100; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
      bytes[printable ? value : nextFree++] = value;
    }
    return bytes;
  }
}
