package io.rack72.gateway;

import java.util.Optional;

/**
 * Makes a choice's text out of its tokens. One for each choice; not thread-safe.
 *
 * <p>None of the methods fails, whatever the tokens are.
 */
public interface ReplyText {
  /** Takes the next token and adds to the delta what it completes. */
  void push(int id, ChoiceDelta delta);

  /** Takes the stop id that ended the sequence: it marks the end and is no text. */
  void pushStop(int id, ChoiceDelta delta);

  /** Ends the text and adds what was still held back. */
  void finish(ChoiceDelta delta);

  /** Whether a stop string has been found, so that nothing more is wanted. */
  boolean stopped();

  /** Whether logprobs of the token just pushed belong in the reply. */
  boolean logs();

  /** Code points of text so far, those still held back included. */
  int codePoints();

  /** Tokens so far that were reasoning. */
  int reasoningTokens();

  /** What was wrong with the form of the model's output, where it has one and did not keep it. */
  default Optional<String> malformed() {
    return Optional.empty();
  }

  /** Whether the model has called a function. */
  boolean callsTools();
}
