package io.rack72.gpu;

import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;

/**
 * All that a GPU must know to generate a sequence, or to go on with one that another GPU began.
 *
 * @param id the sequence
 * @param attempt from 1, counted by the owner; what an earlier attempt still sends is refused by it
 * @param promptIds at least one token; kept by whoever gets it, and never changed by anybody
 * @param generatedIds tokens that earlier attempts already delivered; empty at first
 * @param params how to choose tokens and when to end
 * @param standing when they come
 */
public record SequenceRequest(
    SequenceId id,
    int attempt,
    int[] promptIds,
    int[] generatedIds,
    SamplingParams params,
    Standing standing) {
  public SequenceRequest {
    if (attempt < 1 || promptIds.length == 0) {
      throw new IllegalArgumentException(
          id
              + ": an attempt from 1 and at least one prompt token, not "
              + attempt
              + " and "
              + promptIds.length);
    }
  }
}
