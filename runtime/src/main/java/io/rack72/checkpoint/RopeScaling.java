package io.rack72.checkpoint;

/**
 * YaRN context extension, the {@code rope_scaling} object of {@code config.json}.
 *
 * @param factor how many times the context was extended; at least 1
 * @param betaFast rotations over the original context above which a frequency is kept
 * @param betaSlow rotations below which a frequency is interpolated
 * @param originalMaxPositions context length before the extension, in tokens
 * @param truncate whether the ramp's bounds are rounded to whole dimensions; false in gpt-oss
 */
public record RopeScaling(
    double factor, double betaFast, double betaSlow, int originalMaxPositions, boolean truncate) {

  /** Far above any real extension; it keeps the arithmetic of the frequencies finite. */
  private static final double MAX_FACTOR = 1e6;

  public RopeScaling {
    if (!(factor >= 1 && factor <= MAX_FACTOR)) {
      throw new IllegalArgumentException(
          "rope_scaling.factor must be from 1 to %.0f, not %s".formatted(MAX_FACTOR, factor));
    }
    if (!(betaSlow > 0 && betaFast > betaSlow && Double.isFinite(betaFast))) {
      throw new IllegalArgumentException(
          "rope_scaling.beta_slow must be positive and less than beta_fast, not %s and %s"
              .formatted(betaSlow, betaFast));
    }
    if (originalMaxPositions < 1) {
      throw new IllegalArgumentException(
          "rope_scaling.original_max_position_embeddings must be at least 1, not "
              + originalMaxPositions);
    }
  }
}
