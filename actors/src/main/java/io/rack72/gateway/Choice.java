package io.rack72.gateway;

import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import java.util.Optional;

/**
 * One choice of a reply: tokens in, deltas out. It knows nothing of HTTP or actors, so whoever has
 * tokens can make a reply of them:
 *
 * <pre>{@code
 * choice.push(token, finish);
 * if (choice.hasNews()) {
 *   show(choice.take());
 * }
 * }</pre>
 *
 * <p>Its memory is bounded by the sequence's {@code maxTokens}. Not thread-safe.
 */
public final class Choice {
  private final ReplyText text;
  private final boolean tokensShown;
  private ChoiceDelta pending = new ChoiceDelta(true);
  private int tokens;
  private boolean finished;

  /**
   * @param text makes the text; belongs to this choice from now on
   * @param tokensShown whether token ids or logprobs are part of the reply, so that a token is news
   *     even where it completes no text
   */
  public Choice(ReplyText text, boolean tokensShown) {
    this.text = text;
    this.tokensShown = tokensShown;
  }

  /** A choice of a completion that repeats its prompt first. */
  static Choice echoing(String prompt, CompletionText text, boolean tokensShown) {
    Choice choice = new Choice(text, tokensShown);
    text.begin(prompt, choice.pending);
    return choice;
  }

  /**
   * Takes the sequence's next token. After a stop string the choice is finished although the
   * sequence is not; its owner then cancels it.
   *
   * @param finish present with the last token
   * @throws IllegalStateException where the choice is finished
   */
  public void push(SampledToken token, Optional<FinishReason> finish) {
    if (finished) {
      throw new IllegalStateException("a finished choice takes no token");
    }
    tokens++;
    int offset = text.codePoints();
    boolean stopId = finish.isPresent() && finish.get() == FinishReason.STOP;
    if (stopId) {
      text.pushStop(token.id(), pending);
    } else {
      text.push(token.id(), pending);
    }
    if (tokensShown) {
      pending.addToken(token.id());
      if (text.logs()) {
        pending.log(token, offset);
      }
    }
    if (text.stopped()) {
      end("stop");
    } else if (stopId) {
      end(text.callsTools() ? "tool_calls" : "stop");
    } else if (finish.isPresent()) {
      end("length");
    }
  }

  /** Tokens taken so far, which is also the index of the next one. */
  public int tokens() {
    return tokens;
  }

  /** Tokens so far that were reasoning. */
  public int reasoningTokens() {
    return text.reasoningTokens();
  }

  /** Whether no more token is wanted. */
  public boolean finished() {
    return finished;
  }

  /** Whether there is something that a client should see. */
  public boolean hasNews() {
    return pending.hasText() || pending.finishReason().isPresent() || !pending.tokenIds().isEmpty();
  }

  /** What was gained since the last time. */
  public ChoiceDelta take() {
    ChoiceDelta taken = pending;
    pending = new ChoiceDelta(false);
    return taken;
  }

  private void end(String reason) {
    finished = true;
    text.finish(pending);
    // A stop string may be completed by what the decoder still held.
    text.malformed().ifPresent(pending::malformed);
    pending.finish(reason.equals("length") && text.stopped() ? "stop" : reason);
  }
}
