package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What has been generated for one request, and how far its sequences are. It decides nothing about
 * time or messages. Not thread-safe.
 */
final class Reply {
  private final Generation generation;
  private final BitSet placed = new BitSet();
  private final BitSet ended = new BitSet();
  private final int[] cachedTokens;
  private boolean lastEventsTaken;

  Reply(Generation generation) {
    this.generation = generation;
    cachedTokens = new int[generation.sequences().size()];
  }

  /**
   * The choice takes its sequence's next token; one that it has had already it does not take again.
   * None before it was lost.
   */
  Choice push(int index, SequenceEvent.Token token) {
    Choice choice = choice(index);
    if (token.index() == choice.tokens()) {
      choice.push(token.token(), token.finish());
      if (token.finish().isPresent()) {
        end(index);
      }
    }
    return choice;
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
   */
  void start(int choice, int cached) {
    cachedTokens[choice] = cached;
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
      if (choice(i).hasNews()) {
        events.add(generation.format().chunk(i, choice(i).take()));
      }
    }
    if (failure.isPresent()) {
      events.add(failure.get().toJson());
      lastEventsTaken = true;
    } else if (allEnded()) {
      if (generation.options().includeUsage()) {
        events.add(generation.format().usageChunk(usage()));
      }
      events.addDone();
      lastEventsTaken = true;
    }
    return events;
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
