package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairVocabularyTest {
  @Test
  void everyTokenOfAnyLengthIsReadAndFound() {
    Random random = new Random(1);
    byte[][] tokens = new byte[3_000][];
    StringBuilder file = new StringBuilder();
    for (int rank = 0; rank < tokens.length; rank++) {
      // Two leading bytes make the tokens distinct.
      tokens[rank] = new byte[2 + random.nextInt(20)];
      random.nextBytes(tokens[rank]);
      tokens[rank][0] = (byte) rank;
      tokens[rank][1] = (byte) (rank >> 8);
      file.append(Base64.getEncoder().encodeToString(tokens[rank])).append(' ').append(rank);
      file.append('\n');
    }
    BytePairVocabulary vocabulary = BytePairVocabulary.parse(ascii(file.toString()));
    assertEquals(tokens.length, vocabulary.size());
    for (int rank = 0; rank < tokens.length; rank++) {
      assertArrayEquals(tokens[rank], vocabulary.token(rank));
      assertEquals(rank, vocabulary.find(tokens[rank], 0, tokens[rank].length));
      assertEquals(BytePairVocabulary.ABSENT, vocabulary.find(tokens[rank], 1, 2));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"YQ==", "YQ== ", "YQ== x", "YQ== 1", "YQ== 0\nYg== 2", "YQ== 0\n\nYg== 1"})
  void lineOfAnotherFormIsRefusedByItsNumber(String file) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> BytePairVocabulary.parse(ascii(file)));
    assertTrue(refusal.getMessage().startsWith("line "), refusal.getMessage());
  }

  @Test
  void characterOutsideBase64IsRefused() {
    assertThrows(IllegalArgumentException.class, () -> BytePairVocabulary.parse(ascii("Y!== 0\n")));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
