package io.rack72.roofline;

import java.util.Arrays;

/**
 * How many rows each expert of one GPU gets from a batch. Immutable.
 *
 * <p>Tables of measurements have made loads: balanced ones, and such as a power law gives, of which
 * the busiest rank is measured. A simulation has drawn ones.
 */
public final class ExpertRows {
  /** Draws of which the busiest ranks are averaged; more would change little. */
  private static final int DRAWS = 32;

  // Of experts that may get any; how likely they do, and how many they get when they do.
  private final double[] rows;
  private final double[] likely;
  private final double sum;
  private final double touched;
  private final int experts;

  private ExpertRows(double[] rows, double[] likely, int experts) {
    this.rows = rows;
    this.likely = likely;
    this.experts = experts;
    double allRows = 0;
    double allLikely = 0;
    for (int i = 0; i < rows.length; i++) {
      allRows += rows[i] * likely[i];
      allLikely += likely[i];
    }
    sum = allRows;
    touched = allLikely;
  }

  private static ExpertRows certain(double[] rows, int experts) {
    double[] likely = new double[rows.length];
    Arrays.fill(likely, 1);
    return new ExpertRows(rows, likely, experts);
  }

  /**
   * Loads of which only the means are known.
   *
   * @param means rows of each expert
   * @param tokens that choose
   */
  public static ExpertRows expected(double[] means, double tokens) {
    double[] rows = new double[means.length];
    double[] likely = new double[means.length];
    for (int i = 0; i < means.length; i++) {
      double chosen = Math.min(1, means[i] / tokens);
      likely[i] = 1 - StrictMath.pow(1 - chosen, tokens);
      rows[i] = likely[i] > 0 ? Math.max(1, means[i] / likely[i]) : 0;
    }
    return new ExpertRows(rows, likely, means.length);
  }

  /** Of loads that are known. */
  public static ExpertRows of(int... rows) {
    return certain(
        Arrays.stream(rows).filter(each -> each > 0).asDoubleStream().toArray(), rows.length);
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
      return certain(new double[0], experts);
    }
    int count = (int) Math.min(experts, Math.max(1, Math.round(touched)));
    double[] each = new double[count];
    Arrays.fill(each, Math.max(1, rows / count));
    return certain(each, experts);
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
   * are no more choices than experts. No expert gets more than all tokens. Of many draws the one
   * whose busiest rank is nearest to the mean stands for them; the same arguments always give the
   * same one.
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
    double[] loads = Arrays.stream(busiest[nearest]).filter(each -> each > 0).toArray();
    return loads.length == 0 ? even(perRank, 1, 1) : certain(loads, perRank);
  }

  /** Experts on this GPU, with rows or without. */
  public int experts() {
    return experts;
  }

  /** Experts that get any, in the mean. */
  public double touched() {
    return touched;
  }

  /** Rows of all experts together. */
  public double sum() {
    return sum;
  }

  /** Rows of an expert in the mean, over those that get any. */
  public double mean() {
    return touched == 0 ? 0 : sum / touched;
  }

  /** Tiles of so many rows that are needed, the last of each expert filled in part. */
  public double tiles(double tileRows) {
    double tiles = 0;
    for (int i = 0; i < rows.length; i++) {
      tiles += likely[i] * Math.ceil(rows[i] / tileRows - 1e-9);
    }
    return tiles;
  }
}
