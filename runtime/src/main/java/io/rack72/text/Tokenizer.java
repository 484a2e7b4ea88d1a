package io.rack72.text;

import java.util.OptionalInt;

/**
 * Turns text into token ids and token ids into bytes. Implementations are immutable and
 * thread-safe.
 *
 * <p>A token is a run of bytes, not of characters: one character may be spread over several tokens.
 * Whoever needs text token by token uses a {@link TextDecoder}.
 */
public interface Tokenizer {
  /**
   * The ids of a text. All of it is ordinary text: where it spells a special token, that token's id
   * does not come out. Unpaired surrogates are read as U+FFFD.
   */
  int[] encode(String text);

  /** Number of ids; every id is at least 0 and below this. */
  int vocabularySize();

  /**
   * The bytes that a token stands for, as a new array; of a special token, its literal text form.
   *
   * @throws IllegalArgumentException where the id is outside the vocabulary
   */
  byte[] bytes(int id);

  /**
   * Whether the id marks structure instead of standing for text.
   *
   * @throws IllegalArgumentException where the id is outside the vocabulary
   */
  boolean isSpecial(int id);

  /** The id of a special token, by its literal text form, such as {@code <|start|>}. */
  OptionalInt special(String text);

  /**
   * The text of a whole sequence, special tokens in their literal form. Bytes that are no UTF-8
   * become U+FFFD, as in {@link TextDecoder}.
   *
   * @throws IllegalArgumentException where an id is outside the vocabulary
   */
  default String decode(int[] ids) {
    Utf8Decoder utf8 = new Utf8Decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      utf8.decode(bytes(id), text);
    }
    utf8.finish(text);
    return text.toString();
  }
}
