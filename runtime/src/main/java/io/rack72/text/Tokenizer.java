package io.rack72.text;

import java.util.OptionalInt;

/**
 * Text to token ids and back. Implementations are thread-safe.
 *
 * <p>All text is ordinary: special tokens typed by a user are encoded as the characters they are.
 */
public interface Tokenizer {
  /** Token ids of ordinary text. */
  int[] encode(String text);

  /** Text of these tokens; specials in their literal form. */
  String decode(int[] ids);

  /** Number of token ids: valid ones are 0 to this, exclusive. */
  int vocabularySize();

  /** Raw bytes of one token, which need not be whole characters. */
  byte[] bytes(int id);

  /** Whether the token is a special one, such as {@code <|start|>}. */
  boolean isSpecial(int id);

  /** The id of a special token. */
  OptionalInt special(String text);
}
