package io.rack72.text;

/**
 * Text out of tokens, one token at a time. A character that is spread over several tokens comes out
 * with the last of them, so no U+FFFD is ever given out for a character that is completed later.
 * All that was given out, put together, is {@link Tokenizer#decode} of all that was pushed. Not
 * thread-safe.
 */
public final class TextDecoder {
  private final Tokenizer tokenizer;
  private final boolean specialsShown;
  private final Utf8Decoder utf8 = new Utf8Decoder();

  private TextDecoder(Tokenizer tokenizer, boolean specialsShown) {
    this.tokenizer = tokenizer;
    this.specialsShown = specialsShown;
  }

  /** A decoder that gives special tokens in their literal form. */
  public static TextDecoder of(Tokenizer tokenizer) {
    return new TextDecoder(tokenizer, true);
  }

  /** A decoder that passes over special tokens. */
  public static TextDecoder withoutSpecials(Tokenizer tokenizer) {
    return new TextDecoder(tokenizer, false);
  }

  /**
   * Takes the next token and gives the text that it completes, which may be empty.
   *
   * @throws IllegalArgumentException where the id is outside the vocabulary
   */
  public String push(int id) {
    if (!specialsShown && tokenizer.isSpecial(id)) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    utf8.decode(tokenizer.bytes(id), text);
    return text.toString();
  }

  /** Ends the sequence: U+FFFD where a character was left incomplete, else nothing. */
  public String finish() {
    StringBuilder text = new StringBuilder();
    utf8.finish(text);
    return text.toString();
  }
}
