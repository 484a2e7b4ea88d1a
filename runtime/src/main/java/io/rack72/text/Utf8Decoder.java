package io.rack72.text;

/**
 * UTF-8 that arrives in pieces cut anywhere. A character is given out with its last byte; bytes
 * that cannot be part of any character are given out as U+FFFD as soon as that is known, one for
 * each longest run that began like a character. Not thread-safe.
 *
 * <p>The algorithm is the UTF-8 decoder of the WHATWG Encoding Standard.
 */
final class Utf8Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private int codePoint;
  private int bytesMissing;
  // The range of the next continuation byte. The first one after some lead bytes is limited, so
  // that overlong forms, surrogates and numbers above U+10FFFF cannot be written.
  private int lowest = 0x80;
  private int highest = 0xBF;

  /** Takes the next bytes and appends the characters that they complete. */
  void decode(byte[] bytes, StringBuilder out) {
    for (byte signed : bytes) {
      int next = signed & 0xFF;
      if (bytesMissing == 0) {
        begin(next, out);
      } else if (next >= lowest && next <= highest) {
        continueWith(next, out);
      } else {
        finish(out);
        begin(next, out);
      }
    }
  }

  /** Ends the input: a character still incomplete becomes U+FFFD. */
  void finish(StringBuilder out) {
    if (bytesMissing > 0) {
      out.append(REPLACEMENT);
      bytesMissing = 0;
      lowest = 0x80;
      highest = 0xBF;
    }
  }

  private void begin(int lead, StringBuilder out) {
    if (lead < 0x80) {
      out.append((char) lead);
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      expect(1, lead & 0x1F);
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      expect(2, lead & 0x0F);
      lowest = lead == 0xE0 ? 0xA0 : 0x80;
      highest = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      expect(3, lead & 0x07);
      lowest = lead == 0xF0 ? 0x90 : 0x80;
      highest = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
      out.append(REPLACEMENT);
    }
  }

  private void expect(int continuationBytes, int leadBits) {
    bytesMissing = continuationBytes;
    codePoint = leadBits;
  }

  private void continueWith(int next, StringBuilder out) {
    lowest = 0x80;
    highest = 0xBF;
    codePoint = codePoint << 6 | (next & 0x3F);
    bytesMissing--;
    if (bytesMissing == 0) {
      out.appendCodePoint(codePoint);
    }
  }
}
