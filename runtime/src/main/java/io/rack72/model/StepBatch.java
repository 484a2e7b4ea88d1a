package io.rack72.model;

import io.rack72.kv.SequenceKv;
import java.util.List;

/**
 * The rows of one step: for each running sequence, some consecutive tokens that are still to be
 * computed. A decode is a slice of one row, a chunk of a prefill one of many.
 *
 * @param tokenIds one token for each row, slice after slice
 * @param slices the sequences' shares, in row order, together covering all rows
 */
public record StepBatch(int[] tokenIds, List<Slice> slices) {
  public StepBatch {
    slices = List.copyOf(slices);
    int row = 0;
    for (Slice slice : slices) {
      if (slice.firstRow() != row || slice.rows() < 1) {
        throw new IllegalArgumentException(
            "slices cover the rows in order, without gaps: " + slice);
      }
      row += slice.rows();
    }
    if (row != tokenIds.length) {
      throw new IllegalArgumentException(
          "slices cover " + row + " rows of " + tokenIds.length + " tokens");
    }
  }

  /** Rows in the step. */
  public int rows() {
    return tokenIds.length;
  }

  /** Rows whose logits are wanted. */
  public int logitRows() {
    int rows = 0;
    for (Slice slice : slices) {
      rows += slice.logitRows();
    }
    return rows;
  }

  /**
   * One sequence's share of a step.
   *
   * @param kv the sequence's blocks, which already have room for its rows
   * @param firstRow first row of the share
   * @param rows number of rows
   * @param firstPosition position of the first row in its sequence
   * @param logitRows how many of the last rows need logits: 0 within a prompt, 1 to sample the next
   *     token, more to score a prompt
   */
  public record Slice(SequenceKv kv, int firstRow, int rows, int firstPosition, int logitRows) {
    public Slice {
      if (logitRows < 0 || logitRows > rows) {
        throw new IllegalArgumentException(logitRows + " of " + rows + " rows cannot need logits");
      }
    }
  }
}
