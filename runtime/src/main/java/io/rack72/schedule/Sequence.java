package io.rack72.schedule;

import io.rack72.kv.KvCache;
import io.rack72.kv.SequenceKv;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenCounts;
import java.util.Arrays;
import java.util.Optional;

/**
 * One sequence on one GPU: its tokens, and how many of them have keys and values. Can be rebuilt
 * from its tokens at any time, here or on another GPU. Made by {@link Scheduler#add}; not
 * thread-safe.
 */
public final class Sequence {
  /** Where a sequence stands in its scheduler. */
  enum State {
    WAITING,
    RUNNING,
    ENDED
  }

  private final SequenceId id;
  private final SamplingParams params;
  private final int promptLength;
  private final int contextLimit;
  private final TokenCounts history;
  private final SequenceKv kv;
  private int[] tokens;
  private int length;
  private int computed;
  private Optional<FinishReason> finish = Optional.empty();
  private State state = State.WAITING;

  Sequence(
      SequenceId id,
      int[] promptIds,
      int[] generatedIds,
      SamplingParams params,
      int contextLimit,
      KvCache cache) {
    this.id = id;
    this.params = params;
    this.contextLimit = contextLimit;
    promptLength = promptIds.length;
    length = promptIds.length + generatedIds.length;
    tokens = Arrays.copyOf(promptIds, length + 1);
    System.arraycopy(generatedIds, 0, tokens, promptLength, generatedIds.length);
    history = TokenCounts.of(promptIds, generatedIds);
    kv = new SequenceKv(cache);
  }

  /**
   * Takes in the token that was sampled after all others had been computed.
   *
   * @return why the sequence has ended with this token; empty if it goes on
   */
  public Optional<FinishReason> append(SampledToken token) {
    if (finish.isPresent()) {
      throw new IllegalStateException(id + " has ended and takes no further token");
    }
    boolean mayStop = !params.ignoreStopIds() && generated() >= params.minTokens();
    if (length == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * length);
    }
    tokens[length++] = token.id();
    history.addGenerated(token.id());
    if (mayStop && params.stopIds().contains(token.id())) {
      finish = Optional.of(FinishReason.STOP);
    } else if (generated() >= params.maxTokens() || length >= contextLimit) {
      finish = Optional.of(FinishReason.LENGTH);
    }
    return finish;
  }

  public SequenceId id() {
    return id;
  }

  public SamplingParams params() {
    return params;
  }

  /** Counts of its tokens, for the sampler. */
  public TokenCounts history() {
    return history;
  }

  /** Its KV blocks. */
  public SequenceKv kv() {
    return kv;
  }

  /** Tokens in the prompt. */
  public int promptLength() {
    return promptLength;
  }

  /** Tokens generated so far, here or before. */
  public int generated() {
    return length - promptLength;
  }

  /** Tokens in all; the position of the next one. */
  public int length() {
    return length;
  }

  /** Tokens from the first on that have keys and values. */
  public int computed() {
    return computed;
  }

  /** Tokens whose keys and values are still to be computed. */
  public int remaining() {
    return length - computed;
  }

  /** The token at a position. */
  public int token(int position) {
    if (position >= length) {
      throw new IndexOutOfBoundsException(id + " has " + length + " tokens, none at " + position);
    }
    return tokens[position];
  }

  /** Why it ended; empty while it goes on. */
  public Optional<FinishReason> finish() {
    return finish;
  }

  /**
   * Whether its scheduler still has it. One that was aborted while a step computed it is not live:
   * its next token is not wanted.
   */
  public boolean isLive() {
    return state != State.ENDED;
  }

  void copyTokens(int position, int[] target, int offset, int count) {
    System.arraycopy(tokens, position, target, offset, count);
  }

  State state() {
    return state;
  }

  void enter(State next) {
    state = next;
  }

  /** Notes that further tokens have been computed, and lets go what no later one can see. */
  void advance(int rows) {
    computed += rows;
    kv.releaseBehindWindow(computed);
  }

  /** Gives all blocks back; what was computed is lost. */
  void releaseKv() {
    kv.releaseAll();
    computed = 0;
  }

  @Override
  public String toString() {
    return id + " (" + computed + " of " + length + " tokens computed, " + state + ")";
  }
}
