package io.rack72.schedule;

import io.rack72.model.StepBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * What one step computes. Valid from {@link Scheduler#step} to {@link Scheduler#complete}.
 *
 * @param shares the sequences in the step: first those that ran before, then those that begin; at
 *     least one
 * @param started those of the sequences that have never been in a step before
 * @param hostOutBytes that went to the host's memory since the last step, to make room
 * @param hostInBytes that came from there since the last step; the step needs them
 * @param urgency the most urgent that any of the shares is
 */
public record StepPlan(
    List<Share> shares,
    List<Sequence> started,
    long hostOutBytes,
    long hostInBytes,
    Urgency urgency) {
  public StepPlan {
    shares = List.copyOf(shares);
    started = List.copyOf(started);
  }

  /**
   * One sequence's share of a step.
   *
   * @param sequence whose tokens are computed
   * @param firstPosition of the share in the sequence
   * @param rows tokens computed
   * @param needsLogits whether the share reaches the sequence's last token, so that its next one
   *     can be sampled
   */
  public record Share(Sequence sequence, int firstPosition, int rows, boolean needsLogits) {}

  /** Rows of all shares. */
  public int rows() {
    int rows = 0;
    for (Share share : shares) {
      rows += share.rows();
    }
    return rows;
  }

  /** The same for a device: the tokens' ids, and a slice for each share, in the same order. */
  public StepBatch batch() {
    int[] tokenIds = new int[rows()];
    List<StepBatch.Slice> slices = new ArrayList<>(shares.size());
    int row = 0;
    for (Share share : shares) {
      share.sequence().copyTokens(share.firstPosition(), tokenIds, row, share.rows());
      slices.add(
          new StepBatch.Slice(
              share.sequence().kv(),
              row,
              share.rows(),
              share.firstPosition(),
              share.needsLogits() ? 1 : 0));
      row += share.rows();
    }
    return new StepBatch(tokenIds, slices);
  }
}
