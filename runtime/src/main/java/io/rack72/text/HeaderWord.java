package io.rack72.text;

/** The words of which the header of a Harmony message consists. White space parts them. */
final class HeaderWord {
  private HeaderWord() {}

  /**
   * Refuses what would be read back as something else: a user called {@code x to=functions.y} must
   * not address a function.
   *
   * @throws IllegalArgumentException where the word is empty or holds white space
   */
  static void check(String what, String word) {
    if (word.isEmpty() || word.chars().anyMatch(HeaderWord::isSpace)) {
      throw new IllegalArgumentException(
          "%s must be one word without white space, but is '%s'".formatted(what, word));
    }
  }

  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }
}
