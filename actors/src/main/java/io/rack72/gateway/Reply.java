package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.gateway.Generation.Sequence;
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
  private boolean lastEventsTaken;

  Reply(Generation generation) {
    this.generation = generation;
  }

  /** The choice takes its sequence's tokens. */
  Choice choice(int index) {
    return generation.sequences().get(index).choice();
  }

  /** The choice's sequence has a place on a GPU. */
  void place(int choice) {
    placed.set(choice);
  }

  boolean allPlaced() {
    return placed.cardinality() == generation.sequences().size();
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
    return new Usage(generation.promptTokens(), completion, reasoning);
  }
}
