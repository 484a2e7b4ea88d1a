package io.rack72.kv;

/**
 * The name of what a whole KV block holds: a SHA-256 of its tokens, of all tokens before them, and
 * of the salt. Two blocks of one name hold the same keys and values, bit for bit, since those
 * depend on nothing else. It is a cryptographic hash because tokens come from clients: one who
 * found two texts of one name would be answered from another's text.
 *
 * @param a the first 64 bits
 * @param b the next
 * @param c the next
 * @param d the last
 */
public record BlockHash(long a, long b, long c, long d) {
  /** Words that {@link #write} takes. */
  static final int WORDS = 4;

  @Override
  public int hashCode() {
    // Any part of a SHA-256 is as good as all of it.
    return (int) a;
  }

  /** The name that was written there. */
  static BlockHash read(long[] words, int at) {
    return new BlockHash(words[at], words[at + 1], words[at + 2], words[at + 3]);
  }

  void write(long[] words, int at) {
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
  }

  boolean isAt(long[] words, int at) {
    return words[at] == a && words[at + 1] == b && words[at + 2] == c && words[at + 3] == d;
  }
}
