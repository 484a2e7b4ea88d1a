package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import io.rack72.resume.ChoiceState;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What has been generated for one request, and how far its sequences are. It decides nothing about
 * time or messages. Not thread-safe.
 */
final class Reply {
  private static final int[] NO_IDS = {};
  private static final float[] NO_LOGPROBS = {};

  private final Generation generation;
  private final Optional<ResumableStream> stream;
  private final BitSet placed = new BitSet();
  private final BitSet started = new BitSet();
  private final BitSet ended = new BitSet();
  private final int[] cachedTokens;
  private boolean lastEventsTaken;

  /**
   * @param stream what makes it one that can be gone on with; open
   */
  Reply(Generation generation, Optional<ResumableStream> stream) {
    this.generation = generation;
    this.stream = stream;
    cachedTokens = new int[generation.sequences().size()];
  }

  /**
   * The choice takes its sequence's next token; one that it has had already it does not take again.
   * None before it was lost.
   */
  Choice push(int index, SequenceEvent.Token token) {
    Choice choice = choice(index);
    if (token.index() == choice.tokens()) {
      push(index, token.token(), token.finish());
    }
    return choice;
  }

  private void push(int index, SampledToken token, Optional<FinishReason> finish) {
    Choice choice = choice(index);
    choice.push(token, finish);
    if (finish.isPresent()) {
      end(index);
    }
    stream.ifPresent(
        open -> {
          open.token(index, token, finish);
          forgetWhatIsRead(index, open);
        });
  }

  private void forgetWhatIsRead(int index, ResumableStream open) {
    if (open.reader().isAt(index, choice(index).tokens())) {
      choice(index).take();
    }
  }

  /** A choice has had these tokens before this reply was made anew. */
  void replay(int index, ChoiceState state) {
    Choice choice = choice(index);
    forgetWhatIsRead(index, stream.orElseThrow());
    int[] tokens = state.tokens();
    for (int i = 0; i < tokens.length && !choice.finished(); i++) {
      push(
          index,
          new SampledToken(tokens[i], Float.NaN, NO_IDS, NO_LOGPROBS),
          i == tokens.length - 1 ? state.finish() : Optional.empty());
    }
    if (choice.finished()) {
      // Nobody need look for a place for it.
      place(index);
      end(index);
    }
  }

  private Choice choice(int index) {
    return generation.sequences().get(index).choice();
  }

  /** The choice's sequence has a place on a GPU. */
  void place(int choice) {
    placed.set(choice);
  }

  boolean allPlaced() {
    return placed.cardinality() == generation.sequences().size();
  }

  /**
   * The choice's sequence is being computed.
   *
   * @param cached tokens of its prompt that had been computed for others before
   * @return whether this is the first time, since later ones find what it has computed itself
   */
  boolean start(int choice, int cached) {
    boolean first = !started.get(choice);
    if (first) {
      started.set(choice);
      cachedTokens[choice] = cached;
    }
    return first;
  }

  /** Nothing more is wanted, or to come, of the choice's sequence. */
  void end(int choice) {
    ended.set(choice);
  }

  boolean ended(int choice) {
    return ended.get(choice);
  }

  boolean allEnded() {
    return ended.cardinality() == generation.sequences().size();
  }

  /** All of the reply at once. */
  ObjectNode whole() {
    List<ChoiceDelta> deltas = new ArrayList<>();
    generation.sequences().forEach(sequence -> deltas.add(sequence.choice().take()));
    return generation.format().whole(deltas, usage());
  }

  /**
   * The events of a stream since the last time, none where there is nothing new.
   *
   * @param failure that ends the stream
   */
  ServerSentEvents takeEvents(Optional<ApiError> failure) {
    ServerSentEvents events = new ServerSentEvents();
    for (int i = 0; i < generation.sequences().size(); i++) {
      if (choice(i).hasNews() && isNews(i)) {
        ObjectNode chunk = generation.format().chunk(i, choice(i).take());
        if (stream.isPresent()) {
          events.add(stream.get().told(i, choice(i).tokens()), chunk);
        } else {
          events.add(chunk);
        }
      }
    }
    Optional<ApiError> wrong = failure.or(this::readerIsAhead);
    if (wrong.isPresent()) {
      events.add(wrong.get().toJson());
      lastEventsTaken = true;
    } else if (allEnded()) {
      if (generation.options().includeUsage()) {
        addUsage(events);
      }
      events.addDone();
      lastEventsTaken = true;
    }
    return events;
  }

  private boolean isNews(int index) {
    return stream.map(open -> open.reader().isBehind(index, choice(index).tokens())).orElse(true);
  }

  /** A reader cannot have had more of a choice than there is, whatever its event's id tells. */
  private Optional<ApiError> readerIsAhead() {
    for (int i = 0; stream.isPresent() && allEnded() && i < generation.sequences().size(); i++) {
      int had = stream.get().reader().had(i);
      if (had > choice(i).tokens()) {
        return Optional.of(
            ApiError.badEventId(
                "tells of %d tokens of choice %d, which has %d"
                    .formatted(had, i, choice(i).tokens())));
      }
    }
    return Optional.empty();
  }

  private void addUsage(ServerSentEvents events) {
    ObjectNode chunk = generation.format().usageChunk(usage());
    if (stream.isEmpty()) {
      events.add(chunk);
    } else if (!stream.get().reader().usageTold()) {
      events.add(stream.get().reader().toldUsage(), chunk);
    }
  }

  /** Whether the stream has nothing more to say. */
  boolean lastEventsTaken() {
    return lastEventsTaken;
  }

  private Usage usage() {
    int completion = 0;
    int reasoning = 0;
    for (Sequence sequence : generation.sequences()) {
      completion += sequence.choice().tokens();
      reasoning += sequence.choice().reasoningTokens();
    }
    return new Usage(generation.promptTokens(), cachedPromptTokens(), completion, reasoning);
  }

  /** Each prompt counts once, as in the usage: by the first of its choices. */
  private int cachedPromptTokens() {
    int cached = 0;
    for (int i = 0; i < cachedTokens.length; i += generation.options().choices()) {
      cached += Math.min(cachedTokens[i], generation.sequences().get(i).promptIds().length);
    }
    return cached;
  }
}
