package io.rack72.device;

import io.rack72.model.StepBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * What of a step its duration depends on.
 *
 * @param decodes sequences of which one token is computed
 * @param decodeKeys keys that these see in a full layer, all together
 * @param decodeKeysInWindow keys that they see in a sliding layer, all together
 * @param chunks of prompts
 * @param logitRows rows whose logits are wanted
 */
public record StepShape(
    int decodes, long decodeKeys, long decodeKeysInWindow, List<Chunk> chunks, int logitRows) {
  /**
   * Consecutive tokens of one prompt, two at least.
   *
   * @param firstPosition of the chunk in its sequence
   */
  public record Chunk(int firstPosition, int rows) {}

  public StepShape {
    chunks = List.copyOf(chunks);
  }

  /**
   * The shape of a step.
   *
   * @param window keys that sliding layers see
   */
  public static StepShape of(StepBatch batch, int window) {
    int decodes = 0;
    long keys = 0;
    long keysInWindow = 0;
    int logitRows = 0;
    List<Chunk> chunks = new ArrayList<>();
    for (StepBatch.Slice slice : batch.slices()) {
      logitRows += slice.logitRows();
      if (slice.rows() == 1) {
        decodes++;
        keys += slice.firstPosition() + 1;
        keysInWindow += Math.min(slice.firstPosition() + 1, window);
      } else {
        chunks.add(new Chunk(slice.firstPosition(), slice.rows()));
      }
    }
    return new StepShape(decodes, keys, keysInWindow, chunks, logitRows);
  }

  /** Rows of the step. */
  public int rows() {
    int rows = decodes;
    for (Chunk chunk : chunks) {
      rows += chunk.rows();
    }
    return rows;
  }
}
