package io.rack72.text;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The special tokens that give a Harmony conversation its structure. */
public enum HarmonyToken {
  /** Opens the header of a message. */
  START("<|start|>"),
  /** Goes before the channel in a header. */
  CHANNEL("<|channel|>"),
  /** Goes before a content type that the text is held to. */
  CONSTRAIN("<|constrain|>"),
  /** Parts header and text. */
  MESSAGE("<|message|>"),
  /** Ends a message; the next one follows. */
  END("<|end|>"),
  /** Ends a tool call; the model waits for the result. */
  CALL("<|call|>"),
  /** Ends the last message of the model. */
  RETURN("<|return|>");

  private final String text;

  HarmonyToken(String text) {
    this.text = text;
  }

  /** The literal text form. */
  public String text() {
    return text;
  }

  /** The id in a vocabulary, where it has one. */
  public OptionalInt id(Tokenizer tokenizer) {
    return tokenizer.special(text);
  }

  /** Those that a vocabulary lacks; with any missing it cannot express a conversation. */
  static List<HarmonyToken> missingFrom(Tokenizer tokenizer) {
    return Arrays.stream(values()).filter(token -> token.id(tokenizer).isEmpty()).toList();
  }

  /** One sentence on what a vocabulary lacks to express a conversation; empty where nothing. */
  public static Optional<String> whyUnsupported(Tokenizer tokenizer) {
    List<String> missing = missingFrom(tokenizer).stream().map(HarmonyToken::text).toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "this model's tokenizer has no special token "
                + String.join(", ", missing)
                + ", which chat needs; send plain prompts instead");
  }

  /**
   * @throws IllegalArgumentException with {@link #whyUnsupported} as its message
   */
  static void requireAll(Tokenizer tokenizer) {
    whyUnsupported(tokenizer)
        .ifPresent(
            reason -> {
              throw new IllegalArgumentException(reason);
            });
  }
}
