package io.rack72.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The o200k_harmony tokenizer of the gpt-oss models: the vocabulary and split pattern of
 * o200k_base, and special tokens from id 199998 up to the end of the models' vocabulary. Ids and
 * pattern are those of openai/gpt-oss ({@code gpt_oss/tokenizer.py}) and openai/harmony ({@code
 * src/tiktoken_ext/public_encodings.rs}); the vocabulary file comes with JTokkit.
 *
 * <p>Immutable and thread-safe. Text of any length is encoded in n log n time without recursion.
 */
public final class O200kHarmonyTokenizer implements Tokenizer {
  /** Rows of the embedding of a gpt-oss model, and so the number of ids. */
  public static final int VOCABULARY_SIZE = 201_088;

  /** Where the vocabulary lies on the class path. */
  static final String VOCABULARY_RESOURCE = "/com/knuddels/jtokkit/o200k_base.tiktoken";

  private static final int ORDINARY_TOKENS = 199_998;

  private static final Map<Integer, String> NAMED_SPECIALS =
      Map.of(
          199_998, "<|startoftext|>",
          199_999, "<|endoftext|>",
          200_002, "<|return|>",
          200_003, "<|constrain|>",
          200_005, "<|channel|>",
          200_006, "<|start|>",
          200_007, "<|end|>",
          200_008, "<|message|>",
          200_012, "<|call|>");

  // Merges never cross the border of two pieces. The pattern was written for an engine in which
  // \s is Unicode White_Space and (?i:) folds all of Unicode, which Java has to be told.
  private static final Pattern PIECE =
      Pattern.compile(
          String.join(
              "|",
              "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
                  + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?iu:'s|'t|'re|'ve|'m|'ll|'d)?",
              "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                  + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?iu:'s|'t|'re|'ve|'m|'ll|'d)?",
              "\\p{N}{1,3}",
              " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
              "\\s*[\\r\\n]+",
              "\\s+(?!\\S)",
              "\\s+"),
          Pattern.UNICODE_CHARACTER_CLASS);

  private final BytePairVocabulary vocabulary;
  private final Map<String, Integer> specials;

  private O200kHarmonyTokenizer(BytePairVocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.specials =
        IntStream.range(ORDINARY_TOKENS, VOCABULARY_SIZE)
            .boxed()
            .collect(Collectors.toUnmodifiableMap(O200kHarmonyTokenizer::specialText, id -> id));
  }

  /** The one instance; the first call reads the vocabulary. */
  public static O200kHarmonyTokenizer instance() {
    return Loaded.INSTANCE;
  }

  @Override
  public int[] encode(String text) {
    IntStream.Builder ids = IntStream.builder();
    String wellFormed = WellFormedText.of(text);
    Matcher piece = PIECE.matcher(wellFormed);
    while (piece.find()) {
      BytePairMerge.encode(vocabulary, piece.group().getBytes(StandardCharsets.UTF_8), ids);
    }
    return ids.build().toArray();
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY_SIZE;
  }

  @Override
  public byte[] bytes(int id) {
    return isSpecial(id)
        ? specialText(id).getBytes(StandardCharsets.US_ASCII)
        : vocabulary.token(id);
  }

  @Override
  public boolean isSpecial(int id) {
    if (id < 0 || id >= VOCABULARY_SIZE) {
      throw new IllegalArgumentException(
          "token id %d is outside the vocabulary of %d".formatted(id, VOCABULARY_SIZE));
    }
    return id >= ORDINARY_TOKENS;
  }

  @Override
  public OptionalInt special(String text) {
    Integer id = specials.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private static String specialText(int id) {
    String name = NAMED_SPECIALS.get(id);
    return name == null ? "<|reserved_" + id + "|>" : name;
  }

  /**
   * Delays reading until the first use and lets the class loader see to it that it is done once.
   */
  private static final class Loaded {
    static final O200kHarmonyTokenizer INSTANCE = new O200kHarmonyTokenizer(load());

    private static BytePairVocabulary load() {
      try (InputStream file =
          O200kHarmonyTokenizer.class.getResourceAsStream(VOCABULARY_RESOURCE)) {
        if (file == null) {
          throw new IllegalStateException(
              "the class path has no " + VOCABULARY_RESOURCE + "; it comes with jtokkit");
        }
        BytePairVocabulary vocabulary = BytePairVocabulary.parse(file.readAllBytes());
        if (vocabulary.size() != ORDINARY_TOKENS) {
          throw new IllegalStateException(
              "%s has %d tokens instead of %d"
                  .formatted(VOCABULARY_RESOURCE, vocabulary.size(), ORDINARY_TOKENS));
        }
        return vocabulary;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + VOCABULARY_RESOURCE, e);
      }
    }
  }
}
