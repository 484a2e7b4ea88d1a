package io.rack72.gateway;

import io.rack72.sampling.SamplingParams;
import java.util.List;

/**
 * A request that has been read and found good: all that its owner must know to have it generated
 * and to answer it.
 *
 * @param id of the request's sequences, unique in the rack; the reply tells it unless another
 *     gateway had begun it
 * @param sequences one for each choice, in order; the choices of one prompt follow each other
 * @param format how the reply is written
 * @param service when it is served, and how long it may take
 * @param promptTokens of all prompts, each counted once
 */
record Generation(
    String id,
    List<Sequence> sequences,
    ReplyFormat format,
    ReplyOptions options,
    ServiceFields service,
    int promptTokens) {
  Generation {
    sequences = List.copyOf(sequences);
  }

  /** The same with sequences of another id. */
  Generation withId(String other) {
    return new Generation(other, sequences, format, options, service, promptTokens);
  }

  /**
   * @param choice takes the sequence's tokens; belongs to the request's owner from now on
   */
  record Sequence(int[] promptIds, SamplingParams params, Choice choice) {}
}
