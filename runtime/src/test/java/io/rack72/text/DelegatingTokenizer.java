package io.rack72.text;

import java.util.OptionalInt;

/** A tokenizer of which a test changes one answer. */
class DelegatingTokenizer implements Tokenizer {
  private final Tokenizer tokenizer;

  DelegatingTokenizer(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encode(text);
  }

  @Override
  public int vocabularySize() {
    return tokenizer.vocabularySize();
  }

  @Override
  public byte[] bytes(int id) {
    return tokenizer.bytes(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return tokenizer.isSpecial(id);
  }

  @Override
  public OptionalInt special(String text) {
    return tokenizer.special(text);
  }
}
