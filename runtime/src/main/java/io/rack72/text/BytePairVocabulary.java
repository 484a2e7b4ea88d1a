package io.rack72.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The byte strings of a byte-pair encoding, by rank and by content. The rank of a token is its id.
 * Immutable and thread-safe.
 *
 * <p>All bytes lie in one array and the hash table holds only ranks, because a map of 200,000 small
 * objects would cost most of the start-up time.
 */
final class BytePairVocabulary {
  /** What {@link #find} answers for bytes that are no token. */
  static final int ABSENT = -1;

  private static final byte[] BASE64_VALUES = base64Values();

  private final byte[] bytes;
  // Token i is bytes[starts[i]] up to bytes[starts[i + 1]].
  private final int[] starts;
  // Open addressing with linear probing; a slot holds rank + 1, or 0 where it is free.
  private final int[] slots;
  private final int longest;

  private BytePairVocabulary(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
    // At most half full, so that a probe soon meets a free slot.
    this.slots = new int[Integer.highestOneBit(Math.max(1, size())) * 4];
    int maxLength = 0;
    for (int rank = 0; rank < size(); rank++) {
      maxLength = Math.max(maxLength, starts[rank + 1] - starts[rank]);
      int slot = hash(bytes, starts[rank], starts[rank + 1]) & (slots.length - 1);
      while (slots[slot] != 0) {
        slot = (slot + 1) & (slots.length - 1);
      }
      slots[slot] = rank + 1;
    }
    this.longest = maxLength;
  }

  /**
   * Reads tiktoken's format: for each token one line with its bytes in base64, a space and its
   * rank. Ranks must count up from 0.
   *
   * @throws IllegalArgumentException where the file is not of that form
   */
  static BytePairVocabulary parse(byte[] file) {
    byte[] bytes = new byte[file.length];
    int[] starts = new int[1024];
    int used = 0;
    int tokens = 0;
    int at = 0;
    while (at < file.length) {
      int lineEnd = at;
      while (lineEnd < file.length && file[lineEnd] != '\n') {
        lineEnd++;
      }
      int space = at;
      while (space < lineEnd && file[space] != ' ') {
        space++;
      }
      if (!rankIs(tokens, file, space + 1, lineEnd)) {
        throw new IllegalArgumentException(
            "line %d of the vocabulary is not base64, a space and the rank %d"
                .formatted(tokens + 1, tokens));
      }
      used = decodeBase64(file, at, space, bytes, used);
      tokens++;
      if (tokens == starts.length) {
        starts = Arrays.copyOf(starts, tokens * 2);
      }
      starts[tokens] = used;
      at = lineEnd + 1;
    }
    return new BytePairVocabulary(Arrays.copyOf(bytes, used), Arrays.copyOf(starts, tokens + 1));
  }

  /** Number of tokens. */
  int size() {
    return starts.length - 1;
  }

  /** The bytes of a token, as a new array. */
  byte[] token(int rank) {
    return Arrays.copyOfRange(bytes, starts[rank], starts[rank + 1]);
  }

  /** The rank of the token with these bytes, or {@link #ABSENT}. */
  int find(byte[] text, int from, int to) {
    if (to - from > longest) {
      return ABSENT;
    }
    int slot = hash(text, from, to) & (slots.length - 1);
    while (slots[slot] != 0) {
      int rank = slots[slot] - 1;
      if (Arrays.equals(bytes, starts[rank], starts[rank + 1], text, from, to)) {
        return rank;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return ABSENT;
  }

  private static int hash(byte[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text[i];
    }
    // The polynomial leaves the low bits poor in short strings; the slots need them mixed.
    hash *= 0x9E3779B9;
    return hash ^ hash >>> 15;
  }

  private static boolean rankIs(int rank, byte[] file, int from, int to) {
    int value = 0;
    for (int i = from; i < to; i++) {
      if (file[i] < '0' || file[i] > '9' || value > rank) {
        return false;
      }
      value = value * 10 + file[i] - '0';
    }
    return from < to && value == rank;
  }

  private static int decodeBase64(byte[] file, int from, int to, byte[] out, int outStart) {
    int at = outStart;
    int bits = 0;
    int bitCount = 0;
    for (int i = from; i < to && file[i] != '='; i++) {
      int value = file[i] < 0 ? -1 : BASE64_VALUES[file[i]];
      if (value < 0) {
        throw new IllegalArgumentException(
            "the vocabulary holds a character that is not base64: code " + (file[i] & 0xFF));
      }
      bits = bits << 6 | value;
      bitCount += 6;
      if (bitCount >= 8) {
        bitCount -= 8;
        out[at++] = (byte) (bits >>> bitCount);
      }
    }
    return at;
  }

  private static byte[] base64Values() {
    byte[] alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            .getBytes(StandardCharsets.US_ASCII);
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < alphabet.length; i++) {
      values[alphabet[i]] = (byte) i;
    }
    return values;
  }
}
