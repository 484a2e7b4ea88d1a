package io.rack72.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class O200kHarmonyTokenizerTest {
  private static final JsonNode FACTS = Golden.json("tokenizer/o200k_harmony_facts.json");

  private final Tokenizer tokenizer = O200kHarmonyTokenizer.instance();

  static Stream<JsonNode> vectors() {
    JsonNode vectors = Golden.json("tokenizer/o200k_vectors.json").path("vectors");
    assertEquals(85, vectors.size());
    return vectors.valueStream();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void idsEqualTheReference(JsonNode vector) {
    String text = vector.path("text").asText();
    int[] ids = Golden.ids(vector.path("ids"));
    assertArrayEquals(ids, tokenizer.encode(text));
    assertEquals(text, tokenizer.decode(ids));
  }

  @Test
  void vocabularyFileIsTheOneThatTheModelsWereTrainedWith() throws Exception {
    try (InputStream file =
        O200kHarmonyTokenizer.class.getResourceAsStream(
            O200kHarmonyTokenizer.VOCABULARY_RESOURCE)) {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(file.readAllBytes());
      assertEquals(
          FACTS.path("vocabulary_file").path("sha256").asText(), HexFormat.of().formatHex(hash));
    }
  }

  @Test
  void specialTokensHaveTheReferenceIds() {
    for (Map.Entry<String, JsonNode> special : FACTS.path("special_tokens").properties()) {
      int id = special.getValue().intValue();
      assertEquals(OptionalInt.of(id), tokenizer.special(special.getKey()));
      assertTrue(tokenizer.isSpecial(id));
      assertEquals(special.getKey(), new String(tokenizer.bytes(id), StandardCharsets.US_ASCII));
    }
    for (int id : Golden.ids(FACTS.path("reserved_single_ids"))) {
      assertEquals(OptionalInt.of(id), tokenizer.special("<|reserved_" + id + "|>"));
    }
    int[] range = Golden.ids(FACTS.path("reserved_range_inclusive"));
    assertEquals("<|reserved_" + range[0] + "|>", tokenizer.decode(new int[] {range[0]}));
    assertEquals("<|reserved_" + range[1] + "|>", tokenizer.decode(new int[] {range[1]}));
    assertEquals(range[1] + 1, tokenizer.vocabularySize());
    assertEquals(OptionalInt.empty(), tokenizer.special("hello"));
  }

  @Test
  void everyOrdinaryTokenIsFoundByItsBytes() {
    int ordinary = FACTS.path("ordinary_token_ids").get(1).intValue() + 1;
    assertFalse(tokenizer.isSpecial(ordinary - 1));
    assertTrue(tokenizer.isSpecial(ordinary));
    BytePairVocabulary vocabulary = vocabulary();
    for (int id = 0; id < ordinary; id++) {
      IntStream.Builder ids = IntStream.builder();
      BytePairMerge.encode(vocabulary, tokenizer.bytes(id), ids);
      assertArrayEquals(new int[] {id}, ids.build().toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 201_088, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void idOutsideTheVocabularyIsRefused(int id) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> tokenizer.bytes(id));
    assertTrue(refusal.getMessage().contains("201088"));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.isSpecial(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "7", "漢", "\n"})
  void megabyteOfOneCharacterIsEncodedAndDecodesToItself(String unit) {
    String text = unit.repeat((1 << 20) / unit.length());
    assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
  }

  @Test
  void mergeOrderEqualsTheDefinition() {
    Random random = new Random(72);
    BytePairVocabulary vocabulary = vocabulary();
    for (int round = 0; round < 2_000; round++) {
      byte[] piece = new byte[1 + random.nextInt(40)];
      int letters = 1 + random.nextInt(26);
      for (int i = 0; i < piece.length; i++) {
        piece[i] = (byte) ('a' + random.nextInt(letters));
      }
      IntStream.Builder ids = IntStream.builder();
      BytePairMerge.encode(vocabulary, piece, ids);
      assertArrayEquals(
          mergedByDefinition(vocabulary, piece),
          ids.build().toArray(),
          () -> new String(piece, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void unpairedSurrogateIsReadAsReplacementCharacter() {
    assertArrayEquals(tokenizer.encode("a\uFFFDb"), tokenizer.encode("a\uD83Db"));
    assertArrayEquals(tokenizer.encode("\uFFFD\uFFFD"), tokenizer.encode("\uDE00\uD83D"));
    assertEquals("😀", tokenizer.decode(tokenizer.encode("😀")));
  }

  @Test
  void anyTextDecodesToItself() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      String text =
          random
              .ints(random.nextInt(60), 0, Character.MAX_CODE_POINT + 1)
              .map(c -> c % 3 == 0 ? c % 128 : c % 3 == 1 ? c % 0x3000 : c)
              .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      assertEquals(text, tokenizer.decode(tokenizer.encode(text)));
    }
  }

  private static BytePairVocabulary vocabulary() {
    try (InputStream file =
        O200kHarmonyTokenizer.class.getResourceAsStream(
            O200kHarmonyTokenizer.VOCABULARY_RESOURCE)) {
      return BytePairVocabulary.parse(file.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] mergedByDefinition(BytePairVocabulary vocabulary, byte[] piece) {
    int whole = vocabulary.find(piece, 0, piece.length);
    if (whole >= 0) {
      return new int[] {whole};
    }
    List<Integer> borders =
        new ArrayList<>(IntStream.rangeClosed(0, piece.length).boxed().toList());
    while (true) {
      int best = Integer.MAX_VALUE;
      int bestAt = -1;
      for (int i = 0; i + 2 < borders.size(); i++) {
        int rank = vocabulary.find(piece, borders.get(i), borders.get(i + 2));
        if (rank >= 0 && rank < best) {
          best = rank;
          bestAt = i;
        }
      }
      if (bestAt < 0) {
        break;
      }
      borders.remove(/* index */ bestAt + 1);
    }
    return IntStream.range(0, borders.size() - 1)
        .map(
            i -> {
              byte[] part = Arrays.copyOfRange(piece, borders.get(i), borders.get(i + 1));
              return vocabulary.find(part, 0, part.length);
            })
        .toArray();
  }
}
