package io.rack72.gateway;

import io.rack72.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Every byte is a token, and the special tokens of Harmony follow. */
final class ByteTokenizer implements Tokenizer {
  static final int BYTES = 256;
  static final int START = 256;
  static final int MESSAGE = 257;
  static final int END = 258;
  static final int CHANNEL = 259;
  static final int CONSTRAIN = 260;
  static final int RETURN = 261;
  static final int CALL = 262;

  private static final List<String> SPECIALS =
      List.of(
          "<|start|>",
          "<|message|>",
          "<|end|>",
          "<|channel|>",
          "<|constrain|>",
          "<|return|>",
          "<|call|>");

  private final List<String> specials;

  ByteTokenizer() {
    this(SPECIALS);
  }

  private ByteTokenizer(List<String> specials) {
    this.specials = specials;
  }

  /** One that cannot express a conversation. */
  static ByteTokenizer withoutSpecials() {
    return new ByteTokenizer(List.of());
  }

  /** Ids of text in which special tokens are meant as such. */
  static int[] ids(String harmony) {
    List<Integer> ids = new ArrayList<>();
    int at = 0;
    while (at < harmony.length()) {
      int start = at;
      int special =
          IntStream.range(0, SPECIALS.size())
              .filter(i -> harmony.startsWith(SPECIALS.get(i), start))
              .findFirst()
              .orElse(-1);
      if (special >= 0) {
        ids.add(BYTES + special);
        at += SPECIALS.get(special).length();
      } else {
        int end = harmony.offsetByCodePoints(at, 1);
        for (byte b : harmony.substring(at, end).getBytes(StandardCharsets.UTF_8)) {
          ids.add(b & 0xFF);
        }
        at = end;
      }
    }
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = bytes[i] & 0xFF;
    }
    return ids;
  }

  @Override
  public int vocabularySize() {
    return BYTES + specials.size();
  }

  @Override
  public byte[] bytes(int id) {
    return isSpecial(id)
        ? specials.get(id - BYTES).getBytes(StandardCharsets.UTF_8)
        : new byte[] {(byte) id};
  }

  @Override
  public boolean isSpecial(int id) {
    if (id < 0 || id >= vocabularySize()) {
      throw new IllegalArgumentException("no such token: " + id);
    }
    return id >= BYTES;
  }

  @Override
  public OptionalInt special(String text) {
    int at = specials.indexOf(text);
    return at < 0 ? OptionalInt.empty() : OptionalInt.of(BYTES + at);
  }
}
