package io.rack72.device;

import io.rack72.model.StepBatch;
import io.rack72.roofline.StepWork;
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

  /**
   * The same for the hardware model. Attention of all chunks is one kernel, whose chunks it takes
   * for equal: as many, of as many rows, that see as many keys.
   */
  StepWork work() {
    double context = decodes == 0 ? 0 : (double) decodeKeys / decodes;
    if (chunks.isEmpty()) {
      return StepWork.decode(decodes, context);
    }
    double pairs = 0;
    double rows = 0;
    for (Chunk chunk : chunks) {
      pairs += chunk.rows() * (chunk.firstPosition() + (chunk.rows() + 1) / 2.0);
      rows += chunk.rows();
    }
    double mean = rows / chunks.size();
    double before = Math.max(0, pairs / rows - (mean + 1) / 2);
    return new StepWork(decodes, context, List.of(new StepWork.Chunk(chunks.size(), mean, before)));
  }
}
