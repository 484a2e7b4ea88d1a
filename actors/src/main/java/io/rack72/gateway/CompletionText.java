package io.rack72.gateway;

import io.rack72.text.StopStrings;
import io.rack72.text.TextDecoder;
import io.rack72.text.Tokenizer;
import java.util.Optional;

/** The text of a raw completion: what the tokens spell, up to a stop string. Not thread-safe. */
public final class CompletionText implements ReplyText {
  private final Optional<Tokenizer> tokenizer;
  private final Optional<TextDecoder> decoder;
  private final StopStrings stops;
  private int codePoints;

  /**
   * @param tokenizer without one all text is empty
   * @param specialsShown whether special tokens appear in their literal form, or not at all
   * @param stops the strings that end the text
   */
  public CompletionText(Optional<Tokenizer> tokenizer, boolean specialsShown, StopStrings stops) {
    this.tokenizer = tokenizer;
    this.decoder =
        tokenizer.map(
            known -> specialsShown ? TextDecoder.of(known) : TextDecoder.withoutSpecials(known));
    this.stops = stops;
  }

  /** Begins with text that was not generated, such as an echoed prompt; no stop is looked for. */
  void begin(String text, ChoiceDelta delta) {
    codePoints += text.codePointCount(0, text.length());
    delta.appendContent(text);
  }

  @Override
  public void push(int id, ChoiceDelta delta) {
    // A model may have more rows than its tokenizer has ids.
    if (tokenizer.isPresent() && id < tokenizer.get().vocabularySize()) {
      deliver(decoder.get().push(id), delta);
    }
  }

  @Override
  public void pushStop(int id, ChoiceDelta delta) {}

  @Override
  public void finish(ChoiceDelta delta) {
    decoder.ifPresent(known -> deliver(known.finish(), delta));
    delta.appendContent(stops.finish());
  }

  @Override
  public boolean stopped() {
    return stops.matched();
  }

  @Override
  public boolean logs() {
    return true;
  }

  @Override
  public int codePoints() {
    return codePoints;
  }

  @Override
  public int reasoningTokens() {
    return 0;
  }

  @Override
  public boolean callsTools() {
    return false;
  }

  private void deliver(String text, ChoiceDelta delta) {
    codePoints += text.codePointCount(0, text.length());
    delta.appendContent(stops.push(text));
  }
}
