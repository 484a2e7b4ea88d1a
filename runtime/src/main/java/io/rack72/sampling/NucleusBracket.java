package io.rack72.sampling;

import java.util.Arrays;

/**
 * Guesses between which two logits a top-p cut falls, from a sample of the tokens, so that only the
 * few between them need be looked at one by one: the idea of R. Floyd and R. Rivest, "Expected Time
 * Bounds for Selection", CACM 18 (1975). A guess that is wrong costs time and changes no result.
 *
 * <p>The most likely token of every block counts as itself, the others are told by the sample: a
 * few tokens that stand out have most of the mass, and a sample would miss them. The cut is sought
 * from below, by the mass that it drops, because no token there is more likely than the one at the
 * cut, whatever is above. Not thread-safe.
 */
final class NucleusBracket {
  /** Tokens of a block that are in the sample. */
  private static final int PER_BLOCK = 4;

  private static final int BUCKETS = 2048;

  /** How many standard deviations the guess keeps away from the estimate. */
  private static final double MARGIN = 3;

  /** As many tokens of the same weight as are missed by a sample once in e^6 times. */
  private static final double UNSEEN = 6;

  // By bucket: the mass of the sample and its squares, and the mass of what is known.
  private final double[] sampledMass = new double[BUCKETS];
  private final double[] sampledSquares = new double[BUCKETS];
  private final double[] knownMass = new double[BUCKETS];
  private final float[] edges = new float[BUCKETS];
  private final long[] edgeWeights = new long[BUCKETS];
  private float[] sample = {};
  private float[] maxima = {};
  private long[] sampleWeights = {};
  private long[] maximaWeights = {};
  private float low;
  private float high;

  /** Makes a guess where the tokens end that have a share {@code topP} of all. */
  void guess(LogitRow row, TokenWeights definition, double topP) {
    low = Float.NEGATIVE_INFINITY;
    high = Float.POSITIVE_INFINITY;
    makeRoom(row.blocks());
    int sampled = take(row);
    definition.weigh(sample, 0, sampled, sampleWeights);
    definition.weigh(maxima, 0, row.blocks(), maximaWeights);
    double smallest = row.max();
    for (int i = 0; i < sampled; i++) {
      // What weighs nothing is below every cut, however far.
      smallest = sampleWeights[i] > 0 ? Math.min(smallest, sample[i]) : smallest;
    }
    double width = (row.max() - smallest) / BUCKETS;
    if (width > 0) {
      fill(sampled, row.blocks(), smallest, 1 / width);
      for (int bucket = 0; bucket < BUCKETS; bucket++) {
        edges[bucket] = (float) (smallest + (bucket + 1) * width);
      }
      definition.weigh(edges, 0, BUCKETS, edgeWeights);
      double tokensPerSample = (double) (row.size() - row.blocks()) / sampled;
      read(1 - topP, sampled, tokensPerSample);
    }
  }

  /** The lower end. */
  float low() {
    return low;
  }

  /** The upper end. */
  float high() {
    return high;
  }

  private void makeRoom(int blocks) {
    if (maxima.length < blocks) {
      maxima = new float[blocks];
      maximaWeights = new long[blocks];
      sample = new float[blocks * PER_BLOCK];
      sampleWeights = new long[blocks * PER_BLOCK];
    }
  }

  /** Takes the first tokens of every block, but not its most likely one twice. */
  private int take(LogitRow row) {
    int sampled = 0;
    for (int block = 0; block < row.blocks(); block++) {
      float max = row.max(block);
      maxima[block] = max;
      boolean maxTaken = false;
      int end = Math.min(row.begin(block) + PER_BLOCK, row.end(block));
      for (int token = row.begin(block); token < end; token++) {
        float logit = row.logit(token);
        if (logit == max && !maxTaken) {
          maxTaken = true;
        } else {
          sample[sampled] = logit;
          sampled++;
        }
      }
    }
    return sampled;
  }

  private void fill(int sampled, int blocks, double smallest, double bucketsPerLogit) {
    Arrays.fill(sampledMass, 0);
    Arrays.fill(sampledSquares, 0);
    Arrays.fill(knownMass, 0);
    for (int i = 0; i < sampled; i++) {
      int bucket = bucket((sample[i] - smallest) * bucketsPerLogit);
      double mass = sampleWeights[i];
      sampledMass[bucket] += mass;
      sampledSquares[bucket] += mass * mass;
    }
    for (int block = 0; block < blocks; block++) {
      int bucket = bucket((maxima[block] - smallest) * bucketsPerLogit);
      knownMass[bucket] += maximaWeights[block];
    }
  }

  private static int bucket(double place) {
    return Math.clamp((int) place, 0, BUCKETS - 1);
  }

  private void read(double droppedShare, int sampled, double tokensPerSample) {
    double known = 0;
    double mass = 0;
    double squares = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      known += knownMass[bucket];
      mass += sampledMass[bucket];
      squares += sampledSquares[bucket];
    }
    double total = known + tokensPerSample * mass;
    double totalMargin = tokensPerSample * margin(mass, squares, sampled);
    double leastDropped = droppedShare * (total - totalMargin);
    double mostDropped = droppedShare * (total + totalMargin);
    known = 0;
    mass = 0;
    squares = 0;
    boolean lowFound = false;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      known += knownMass[bucket];
      mass += sampledMass[bucket];
      squares += sampledSquares[bucket];
      double below = known + tokensPerSample * mass;
      double margin = tokensPerSample * margin(mass, squares, sampled);
      double unseen = tokensPerSample * UNSEEN * edgeWeights[bucket];
      if (!lowFound && below + margin + unseen >= leastDropped) {
        lowFound = true;
        low = bucket == 0 ? low : edges[bucket - 1];
      }
      if (below - margin > mostDropped) {
        high = edges[bucket];
        return;
      }
    }
  }

  /** By how much a sum over the sample may be off. */
  private static double margin(double sum, double squares, int sampled) {
    return MARGIN * Math.sqrt(Math.max(0, squares - sum * sum / sampled));
  }
}
