package io.rack72.gateway;

import io.rack72.hardware.GpuId;
import io.rack72.resume.ChoiceState;
import io.rack72.resume.LiveStream;
import io.rack72.resume.StreamCopy;
import io.rack72.resume.StreamHead;
import io.rack72.resume.StreamMessage;
import io.rack72.resume.StreamMessage.Fate;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A stream as something that can be gone on with, by another gateway or by this one: it notes what
 * becomes of it for those who keep that, and begins where its reader is.
 *
 * <p>One that was gone on with, and whose body there is no room for here, is not kept any more. Its
 * events have ids all the same: a client that got none would believe to be where it was before, and
 * get tokens twice should it come back. With them it gets the rest for as long as the gateway
 * before keeps its copy, and then learns that the stream is not known.
 *
 * <p>Belongs to the request's owner; not thread-safe.
 */
final class ResumableStream {
  private final long receivedNanos;
  private final ReaderPosition reader;
  private final ActorRef<StreamMessage> keeper;
  private Optional<StreamHead> head;
  private Optional<StreamCopy> before;
  private Optional<LiveStream> live = Optional.empty();
  private boolean worthKeeping;

  /**
   * @param head what it is at this gateway; empty where there is no room to keep it
   * @param receivedNanos when the request's body had been read
   * @param reader where its reader is
   * @param before what there was of it at the gateway before, if there was one
   * @param keeper keeps it
   */
  ResumableStream(
      Optional<StreamHead> head,
      long receivedNanos,
      ReaderPosition reader,
      Optional<StreamCopy> before,
      ActorRef<StreamMessage> keeper) {
    this.head = head;
    this.receivedNanos = receivedNanos;
    this.reader = reader;
    this.before = before;
    this.keeper = keeper;
    // Until an event has an id nobody can ask for more.
    worthKeeping = before.isPresent();
  }

  /** Where its reader is. */
  ReaderPosition reader() {
    return reader;
  }

  /**
   * The stream begins to be answered here: what there was of it is noted anew, its reply and what
   * the rack does for it are brought to where they were, and it is kept from now on.
   *
   * @param reply that has nothing yet
   * @param sequences of which none was asked for
   * @param giveUp tells its owner that it goes on elsewhere; may be called by any thread
   */
  void open(Generation generation, Reply reply, RackSequences sequences, Runnable giveUp) {
    int choices = generation.sequences().size();
    live = head.map(kept -> new LiveStream(kept, choices, receivedNanos, giveUp));
    before.ifPresent(copy -> replay(copy, generation, reply, sequences));
    // Both have bodies, which nobody counts but while the stream is kept.
    head = Optional.empty();
    before = Optional.empty();
    // Not before, so that what others have of it is never replaced by less.
    live.ifPresent(open -> keeper.tell(new StreamMessage.Open(open)));
  }

  /**
   * Tokens alone tell no logprobs, so where those are part of the reply only such tokens are taken
   * as the reader has seen; the others are computed again.
   */
  private void replay(
      StreamCopy copy, Generation generation, Reply reply, RackSequences sequences) {
    for (int i = 0; i < copy.choices().size(); i++) {
      ChoiceState all = copy.choices().get(i);
      boolean logprobs = generation.sequences().get(i).params().topLogprobs() >= 0;
      int tokens = all.tokens().length;
      ChoiceState state = all.first(logprobs ? Math.min(tokens, reader.had(i)) : tokens);
      if (state.cachedTokens() != ChoiceState.UNKNOWN) {
        started(i, state.cachedTokens());
        reply.start(i, state.cachedTokens());
      }
      if (state.gpu() != ChoiceState.UNKNOWN) {
        sequences.takeOver(copy.head().rackId(), i, new GpuId(state.gpu()));
      }
      reply.replay(i, state);
      if (!reply.ended(i)) {
        sequences.goOnBehind(i, state.tokens());
      }
    }
  }

  /** A choice's sequence is on a GPU. */
  void placed(int choice, int gpu) {
    live.ifPresent(open -> open.placed(choice, gpu));
  }

  /** A choice's sequence is being computed, with so many tokens from the cache. */
  void started(int choice, int cachedTokens) {
    live.ifPresent(open -> open.started(choice, cachedTokens));
  }

  /** A choice has its next token. */
  void token(int choice, SampledToken token, Optional<FinishReason> finish) {
    live.ifPresent(open -> open.token(choice, token.id(), finish));
  }

  /** The id of an event that brings all that a choice has gained with so many tokens. */
  String told(int choice, int tokens) {
    worthKeeping = true;
    return reader.told(choice, tokens);
  }

  /**
   * The stream is not answered here any more.
   *
   * @param complete whether all of it was sent
   */
  void close(boolean complete) {
    Fate fate = complete ? Fate.COMPLETE : worthKeeping ? Fate.BROKEN : Fate.DROPPED;
    live.ifPresent(open -> keeper.tell(new StreamMessage.Close(open, fate)));
  }
}
