package io.rack72.roofline;

import java.util.Arrays;

/**
 * How many rows each expert of one GPU gets from a batch. Immutable.
 *
 * <p>Tables of measurements have made loads: balanced ones, and such as a power law gives, of
 * which the busiest rank is measured. A simulation has drawn ones.
 */
public final class ExpertRows {
  /** Draws of which the busiest ranks are averaged; more would change little. */
  private static final int DRAWS = 32;

  // Descending, without zeros.
  private final double[] rows;
  private final double sum;
  private final int experts;

  private ExpertRows(double[] rows, int experts) {
    this.rows = rows;
    this.sum = Arrays.stream(rows).sum();
    this.experts = experts;
  }

  /** Of loads that are known. */
  public static ExpertRows of(int... rows) {
    return new ExpertRows(
        Arrays.stream(rows).filter(each -> each > 0).sorted().asDoubleStream().toArray(),
        rows.length);
  }

  /**
   * Equal loads.
   *
   * @param experts on this GPU
   * @param touched of them, those that get any row; a mean may be broken
   * @param rows of all of them together
   */
  public static ExpertRows even(int experts, double touched, double rows) {
    if (!(touched > 0 && rows > 0)) {
      return new ExpertRows(new double[0], experts);
    }
    int count = (int) Math.min(experts, Math.max(1, Math.round(touched)));
    double[] each = new double[count];
    Arrays.fill(each, Math.max(1, rows / count));
    return new ExpertRows(each, experts);
  }

  /**
   * The loads of one of several ranks when choices fall evenly on all experts in turn.
   *
   * @param experts of all ranks
   */
  public static ExpertRows balanced(int tokens, int expertsPerToken, int experts, int ranks) {
    double rows = (double) tokens * expertsPerToken / ranks;
    double touched = Math.min(experts, (double) tokens * expertsPerToken) / ranks;
    return even(Math.max(1, experts / ranks), Math.max(1, touched), Math.max(1, rows));
  }

  /**
   * The loads of the busiest of several ranks when experts' shares of the choices are drawn from a
   * density proportional to {@code x^-exponent}: on [1, 0.8 tokens], or on [0.01, 2] where there
   * are no more choices than experts. No expert gets more than all tokens. Of many draws the
   * one whose busiest rank is nearest to the mean stands for them; the same arguments always give
   * the same one.
   */
  public static ExpertRows powerLaw(
      int tokens, int expertsPerToken, int experts, int ranks, double exponent) {
    int perRank = Math.max(1, experts / ranks);
    double[][] busiest = new double[DRAWS][];
    double[] sums = new double[DRAWS];
    for (int draw = 0; draw < DRAWS; draw++) {
      double[] loads = PowerLaw.loads(tokens, expertsPerToken, experts, exponent, draw);
      for (int rank = 0; rank < ranks; rank++) {
        double[] own = Arrays.copyOfRange(loads, rank * perRank, (rank + 1) * perRank);
        double sum = Arrays.stream(own).sum();
        if (busiest[draw] == null || sum > sums[draw]) {
          busiest[draw] = own;
          sums[draw] = sum;
        }
      }
    }
    double mean = Arrays.stream(sums).average().orElseThrow();
    int nearest = 0;
    for (int draw = 1; draw < DRAWS; draw++) {
      if (Math.abs(sums[draw] - mean) < Math.abs(sums[nearest] - mean)) {
        nearest = draw;
      }
    }
    double[] loads = Arrays.stream(busiest[nearest]).filter(each -> each > 0).sorted().toArray();
    return loads.length == 0 ? even(perRank, 1, 1) : new ExpertRows(loads, perRank);
  }

  /** Experts on this GPU, with rows or without. */
  public int experts() {
    return experts;
  }

  /** Experts that get any. */
  public int touched() {
    return rows.length;
  }

  /** Rows of all experts together. */
  public double sum() {
    return sum;
  }

  /** Rows of an expert in the mean, over those that get any. */
  public double mean() {
    return rows.length == 0 ? 0 : sum / rows.length;
  }

  /** Tiles of so many rows that are needed, the last of each expert filled in part. */
  public double tiles(double tileRows) {
    double tiles = 0;
    for (double each : rows) {
      tiles += Math.ceil(each / tileRows - 1e-9);
    }
    return tiles;
  }
}
