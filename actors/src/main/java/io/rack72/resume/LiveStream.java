package io.rack72.resume;

import io.rack72.schedule.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A stream that this gateway answers: its request's owner notes what becomes of it, and whoever
 * keeps copies reads that. To note a token costs an uncontended lock and four bytes. Thread-safe.
 */
public final class LiveStream {
  private static final class Choice {
    private final TokenIds tokens = new TokenIds();
    private Optional<FinishReason> finish = Optional.empty();
    private int cachedTokens = ChoiceState.UNKNOWN;
    private int gpu = ChoiceState.UNKNOWN;
    private int told;
    private int growths;
    private boolean changed;

    ChoiceState state(int from) {
      return new ChoiceState(
          tokens.from(from), from < tokens.size() ? finish : Optional.empty(), cachedTokens, gpu);
    }
  }

  /** Times that a choice's growth is told until all of it is told again; some seconds. */
  static final int WHOLE_EVERY = 32;

  private final StreamHead head;
  private final long receivedNanos;
  private final Runnable giveUp;
  private final List<Choice> choices = new ArrayList<>();

  /**
   * @param receivedNanos when the request's body had been read, on the clock of who asks for copies
   * @param giveUp tells its owner that another request goes on with it, here or elsewhere, and
   *     gives back the owner's place at once
   * @throws IllegalArgumentException where its body is more than a copy can have
   */
  public LiveStream(StreamHead head, int choices, long receivedNanos, Runnable giveUp) {
    if (head.body().length > StreamCopy.MAX_BYTES) {
      throw new IllegalArgumentException(
          "a stream that is kept has a body of at most %d bytes, not %d"
              .formatted(StreamCopy.MAX_BYTES, head.body().length));
    }
    this.head = head;
    this.receivedNanos = receivedNanos;
    this.giveUp = giveUp;
    for (int i = 0; i < choices; i++) {
      this.choices.add(new Choice());
    }
  }

  /** What it is. */
  public StreamHead head() {
    return head;
  }

  /** A choice's sequence is on a GPU. */
  public synchronized void placed(int choice, int gpu) {
    choices.get(choice).gpu = gpu;
    choices.get(choice).changed = true;
  }

  /** A choice's sequence is being computed, and so many tokens of its prompt need not be. */
  public synchronized void started(int choice, int cachedTokens) {
    choices.get(choice).cachedTokens = cachedTokens;
    choices.get(choice).changed = true;
  }

  /** A choice has its next token. */
  public synchronized void token(int choice, int id, Optional<FinishReason> finish) {
    choices.get(choice).tokens.add(id);
    choices.get(choice).finish = finish;
    choices.get(choice).changed = true;
  }

  /** Everything, now. */
  synchronized StreamCopy copy(long nowNanos) {
    return new StreamCopy(
        head,
        Duration.ofNanos(Math.max(0, nowNanos - receivedNanos)),
        choices.stream().map(choice -> choice.state(0)).toList());
  }

  /** Everything, now; growth is told from here on. */
  synchronized StreamCopy handOver(long nowNanos) {
    growth();
    return copy(nowNanos);
  }

  /**
   * What was noted since the last time; now and then all that was ever noted of a choice, since
   * what was told may have been lost, and what came behind it is of no use without.
   */
  synchronized List<Growth> growth() {
    List<Growth> growth = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      if (choice.changed) {
        int from = ++choice.growths % WHOLE_EVERY == 0 ? 0 : choice.told;
        growth.add(new Growth(head.key(), i, from, choice.state(from)));
        choice.told = choice.tokens.size();
        choice.changed = false;
      }
    }
    return growth;
  }

  /** Its owner is to give it up. */
  void giveUp() {
    giveUp.run();
  }
}
