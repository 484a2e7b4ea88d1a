package io.rack72.text;

import io.rack72.checkpoint.CheckpointException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Any tokenizer in the Hugging Face {@code tokenizer.json} format. Encoding is done by the Rust
 * library of Hugging Face through DJL; the bytes of tokens are read from the file itself, because
 * that library only gives whole texts.
 *
 * <p>The library is handed the file without its special tokens: it would find them in ordinary text
 * too, and a user could then write the structure of a conversation. Truncation and padding are
 * switched off. Of the special tokens only the one for unknown words can come out of {@link
 * #encode}.
 *
 * <p>Immutable and thread-safe. The native tokenizer is held as long as the process runs.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  private static final Map<String, String> ENCODER_OPTIONS =
      Map.of(
          "addSpecialTokens", "false",
          "truncation", "do_not_truncate",
          "padding", "do_not_pad");

  private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder;
  private final byte[][] tokens;
  private final Map<String, Integer> specials;
  private final BitSet specialIds;
  // Added tokens that are ordinary text: from the library's id for them to the file's.
  private final Map<Long, Integer> addedIds;
  private final int unknownId;

  private HuggingFaceTokenizer(
      ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder,
      TokenizerFile file,
      Map<Long, Integer> addedIds) {
    this.encoder = encoder;
    this.tokens = file.tokens();
    this.specials = file.specials();
    this.specialIds = file.specialIds();
    this.addedIds = addedIds;
    this.unknownId = file.unknownId();
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @param vocabSize ids that the model knows. Those that the file does not name, since vocabulary
   *     matrices are padded, become special tokens {@code <|reserved_ID|>}
   * @throws CheckpointException where the file cannot be read, is no tokenizer, or names an id that
   *     the model does not know
   */
  public static HuggingFaceTokenizer load(Path path, int vocabSize) {
    TokenizerFile file = TokenizerFile.read(path, vocabSize);
    stayOffline();
    try {
      ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder =
          ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(file.withoutSpecials()), ENCODER_OPTIONS);
      return new HuggingFaceTokenizer(encoder, file, addedIds(encoder, file));
    } catch (IOException | RuntimeException | LinkageError e) {
      throw new CheckpointException(
          path + " is not a tokenizer that can be loaded: " + e.getMessage(), e);
    }
  }

  @Override
  public int[] encode(String text) {
    // Half a surrogate pair would abort the process inside the native library.
    String wellFormed = WellFormedText.of(text);
    int[] ids = encodePart(wellFormed);
    if (Arrays.stream(ids).noneMatch(id -> specialIds.get(id) && id != unknownId)) {
      return ids;
    }
    // Some models look whole words up in a vocabulary that holds special tokens as well. Such a
    // word is cut, after which it is in no vocabulary.
    return insideSpecials(wellFormed).stream()
        .flatMapToInt(part -> IntStream.of(encodePart(part)))
        .toArray();
  }

  @Override
  public int vocabularySize() {
    return tokens.length;
  }

  @Override
  public byte[] bytes(int id) {
    checkRange(id);
    return tokens[id].clone();
  }

  @Override
  public boolean isSpecial(int id) {
    checkRange(id);
    return specialIds.get(id);
  }

  @Override
  public OptionalInt special(String text) {
    Integer id = specials.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  private void checkRange(int id) {
    if (id < 0 || id >= tokens.length) {
      throw new IllegalArgumentException(
          "token id %d is outside the vocabulary of %d".formatted(id, tokens.length));
    }
  }

  private int[] encodePart(String text) {
    return Arrays.stream(encoder.encode(text, false, false).getIds())
        .mapToInt(id -> addedIds.getOrDefault(id, Math.toIntExact(id)))
        .toArray();
  }

  /** The text in parts, cut behind the first character of each special token that it spells. */
  private List<String> insideSpecials(String text) {
    List<String> parts = new ArrayList<>();
    int partStart = 0;
    for (int at = 0; at < text.length(); at++) {
      int from = at;
      if (specials.keySet().stream().anyMatch(special -> text.startsWith(special, from))) {
        int cut = text.offsetByCodePoints(at, 1);
        parts.add(text.substring(partStart, cut));
        partStart = cut;
      }
    }
    parts.add(text.substring(partStart));
    return parts;
  }

  /**
   * The library numbers added tokens itself, on from the vocabulary and without gaps, whatever the
   * file says; but the rows of the model's embedding are as the file says.
   */
  private static Map<Long, Integer> addedIds(
      ai.djl.huggingface.tokenizers.HuggingFaceTokenizer encoder, TokenizerFile file) {
    Map<Long, Integer> ids = new HashMap<>();
    for (Map.Entry<String, Integer> added : file.ordinaryAdded().entrySet()) {
      long[] found = encoder.encode(added.getKey(), false, false).getIds();
      if (found.length != 1) {
        throw new IllegalArgumentException(
            "the added token '%s' is not found as one token".formatted(added.getKey()));
      }
      ids.put(found[0], added.getValue());
    }
    return Map.copyOf(ids);
  }

  /**
   * DJL reports its use to its makers, and downloads a native library where it sees a GPU, unless
   * it is told not to. The library for the CPU is in its jar. A setting by the user stays.
   */
  private static void stayOffline() {
    for (String property : new String[] {"ai.djl.offline", "OPT_OUT_TRACKING"}) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "true");
      }
    }
  }
}
