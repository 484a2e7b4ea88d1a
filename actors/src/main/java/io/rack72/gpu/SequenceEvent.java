package io.rack72.gpu;

import io.rack72.hardware.GpuId;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import java.util.Optional;

/**
 * What a sequence's owner is told. For each attempt: {@link Placed} once, {@link Started} once,
 * then tokens in order of their index, the last of them with a finish reason; or {@link Ended} at
 * any time, after which nothing follows.
 */
public sealed interface SequenceEvent {
  SequenceId id();

  int attempt();

  /**
   * A GPU has taken the sequence in.
   *
   * @param incarnation of the GPU: another number each time that its JVM begins anew, in no order
   */
  record Placed(SequenceId id, int attempt, GpuId gpu, int incarnation) implements SequenceEvent {}

  /**
   * The sequence is in its first step. Not told again where it has to begin anew.
   *
   * @param cachedTokens of its prompt that had been computed for others before
   */
  record Started(SequenceId id, int attempt, int cachedTokens) implements SequenceEvent {}

  /**
   * One token.
   *
   * @param index of the token among the generated ones, from 0
   * @param finish present with the sequence's last token
   */
  record Token(
      SequenceId id, int attempt, int index, SampledToken token, Optional<FinishReason> finish)
      implements SequenceEvent {}

  /**
   * The GPU has the attempt, and this is how far it is; the answer to a question.
   *
   * @param generated tokens that it has sent, of all attempts
   */
  record Alive(SequenceId id, int attempt, int generated) implements SequenceEvent {}

  /**
   * The attempt is over without a finish reason.
   *
   * @param cause what kind of end
   * @param detail one sentence for the client
   */
  record Ended(SequenceId id, int attempt, Cause cause, String detail) implements SequenceEvent {}

  /** Why an attempt ended early. */
  enum Cause {
    /** It could never fit: the request must be smaller. */
    TOO_LARGE,
    /** No room now: the same request may fit later. */
    FULL,
    /** The GPU takes no sequences any more: another one will go on where this one stopped. */
    MOVED,
    /** The GPU is gone, or does not answer: another one will go on where this one stopped. */
    LOST,
    /** The rack cannot serve it now, or not from this gateway; it may later, or at another one. */
    UNAVAILABLE,
    /** Something broke. */
    FAILED
  }
}
