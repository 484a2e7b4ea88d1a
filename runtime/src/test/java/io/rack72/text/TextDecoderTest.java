package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextDecoderTest {
  private final Tokenizer tokenizer = O200kHarmonyTokenizer.instance();

  @Test
  void characterSpreadOverTokensComesWithTheLastOfThem() {
    String text = "a👨‍👩‍👧‍👦🇺🇸 𠜎 ᏣᎳᎩ ភាសា";
    int[] ids = tokenizer.encode(text);
    TextDecoder decoder = TextDecoder.of(tokenizer);
    StringBuilder all = new StringBuilder();
    for (int id : ids) {
      String delta = decoder.push(id);
      assertFalse(delta.contains("\uFFFD"), delta);
      all.append(delta);
    }
    assertEquals("", decoder.finish());
    assertEquals(text, all.toString());
  }

  @Test
  void specialTokensAreLiteralOrPassedOver() {
    int[] ids = {200_006, 24_912, 200_007, 2_375};
    assertEquals("<|start|>hello<|end|> world", tokenizer.decode(ids));
    TextDecoder decoder = TextDecoder.withoutSpecials(tokenizer);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.push(id));
    }
    assertEquals("hello world", text.toString());
  }

  // Expected values are those of the WHATWG Encoding Standard; each _ is U+FFFD.
  @ParameterizedTest
  @CsvSource({
    "61C362, a_b",
    "C3, _",
    "E282, _",
    "F09F98, _",
    "F09F9861, _a",
    "80BF, __",
    "C080, __",
    "E08080, ___",
    "EDA080, ___",
    "F08080 80, ____",
    "F4908080, ____",
    "F58080, ___",
    "FF, _",
    "F09FC3A9, _é",
    "E282E282AC, _€",
    "F09F9880, 😀",
    "EFBFBD, _"
  })
  void invalidBytesBecomeReplacementCharacters(String hex, String expected) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    assertEquals(expected.replace('_', '\uFFFD'), decodedInPieces(bytes, new Random(0), 1));
  }

  @Test
  void cutsChangeNothing() {
    Random random = new Random(3);
    for (int round = 0; round < 3_000; round++) {
      byte[] bytes = new byte[random.nextInt(24)];
      random.nextBytes(bytes);
      for (int i = 0; i < bytes.length; i++) {
        // Mostly lead and continuation bytes. Not 0xED, for the JDK gives one U+FFFD where the
        // standard gives three for an encoded surrogate.
        bytes[i] = (byte) (random.nextInt(5) == 0 ? bytes[i] & 0x7F : bytes[i] | 0x80);
        if (bytes[i] == (byte) 0xED) {
          bytes[i] = (byte) 0xE2;
        }
      }
      String expected = new String(bytes, StandardCharsets.UTF_8);
      assertEquals(expected, decodedInPieces(bytes, random, 1));
      assertEquals(expected, decodedInPieces(bytes, random, 5));
    }
  }

  private static String decodedInPieces(byte[] bytes, Random random, int longest) {
    Utf8Decoder decoder = new Utf8Decoder();
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; ) {
      int end = Math.min(bytes.length, at + 1 + random.nextInt(longest));
      decoder.decode(Arrays.copyOfRange(bytes, at, end), text);
      at = end;
    }
    decoder.finish(text);
    return text.toString();
  }
}
