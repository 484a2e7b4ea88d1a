package io.rack72.text;

/** Text as Unicode allows it: a Java string may hold half of a surrogate pair, UTF-8 may not. */
final class WellFormedText {
  private WellFormedText() {}

  /** The text with U+FFFD in place of each unpaired surrogate; the same object where none is. */
  static String of(String text) {
    int at = firstUnpaired(text, 0);
    if (at < 0) {
      return text;
    }
    StringBuilder fixed = new StringBuilder(text);
    for (; at >= 0; at = firstUnpaired(text, at + 1)) {
      fixed.setCharAt(at, '\uFFFD');
    }
    return fixed.toString();
  }

  private static int firstUnpaired(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return i;
      }
    }
    return -1;
  }
}
