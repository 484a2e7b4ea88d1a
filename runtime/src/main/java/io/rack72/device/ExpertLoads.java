package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import java.util.Arrays;

/**
 * How many rows of a step each GPU of a group gets for its experts, without choosing experts row by
 * row: each expert's number is drawn at once, from the distribution that the choices would give.
 * Holds the last draw; not thread-safe.
 */
final class ExpertLoads {
  /** Up to this mean numbers are drawn from Poisson's distribution, above from the normal one. */
  private static final double POISSON_MEAN = 30;

  private final int experts;
  private final int expertsPerToken;
  private final int group;
  private final int gpus;
  private final ExpertSlots slots;
  private final RoutingModel routing;
  private final int[] assignments;
  private final int[] touched;
  // For each GPU, the part of a layer's assignments that is its own.
  private final double[] share;
  // Of one layer, whose popularities all have in another order; by rows, from 0; -1 where unknown.
  private int[] expectedTouched = {0};

  ExpertLoads(int group, ModelConfig config, int gpus, ExpertSlots slots, RoutingModel routing) {
    this.gpus = gpus;
    this.group = group;
    this.slots = slots;
    this.routing = routing;
    experts = config.experts();
    expertsPerToken = config.expertsPerToken();
    assignments = new int[gpus];
    touched = new int[gpus];
    share = new double[gpus];
  }

  /**
   * Draws.
   *
   * @param step no other of which may have the same draw
   * @param rows of all GPUs together
   */
  void draw(int layer, long step, int rows) {
    Arrays.fill(assignments, 0);
    Arrays.fill(touched, 0);
    Arrays.fill(share, 0);
    long all = (long) rows * expertsPerToken;
    for (int expert = 0; expert < experts; expert++) {
      double popularity = routing.popularity(layer, expert);
      int count =
          Math.min(rows, count(all * popularity, 2 * ((long) layer * experts + expert), step));
      deal(layer, expert, count, popularity, step);
    }
  }

  /** Splits an expert's rows over its copies; those left over fall on others in each step. */
  private void deal(int layer, int expert, int count, double popularity, long step) {
    int copies = slots.copies(layer, expert);
    for (int copy = 0; copy < copies; copy++) {
      int gpu = slots.gpuOf(layer, expert, copy);
      int part = count / copies + ((copy + step) % copies < count % copies ? 1 : 0);
      assignments[gpu] += part;
      touched[gpu] += part > 0 ? 1 : 0;
      share[gpu] += popularity / copies;
    }
  }

  private int count(double mean, long draw, long step) {
    double uniform = routing.uniform(group, step, draw);
    if (mean > POISSON_MEAN) {
      double radius =
          StrictMath.sqrt(-2 * StrictMath.log(1 - routing.uniform(group, step, draw + 1)));
      double normal = radius * StrictMath.cos(2 * Math.PI * uniform);
      return (int) Math.max(0, Math.rint(mean + normal * StrictMath.sqrt(mean)));
    }
    int count = 0;
    double probability = StrictMath.exp(-mean);
    double cumulated = probability;
    while (cumulated <= uniform && probability > 0) {
      count++;
      probability *= mean / count;
      cumulated += probability;
    }
    return count;
  }

  /** Rows for all experts of a GPU. */
  int assignments(int gpu) {
    return assignments[gpu];
  }

  /** Experts of a GPU that got any. */
  int touched(int gpu) {
    return touched[gpu];
  }

  /** Of the rows for a GPU's experts, those that other GPUs send and want back. */
  double remoteAssignments(int gpu) {
    return assignments[gpu] * (double) (gpus - 1) / gpus;
  }

  /** Hidden states that others send to a GPU: each once, however many of its experts want it. */
  double remoteRows(int gpu) {
    return once(gpu, remoteAssignments(gpu));
  }

  /** Hidden states that a GPU's experts want, its own among them. */
  double rows(int gpu) {
    return once(gpu, assignments[gpu]);
  }

  private double once(int gpu, double wantedRows) {
    double once = 1 - power(1 - share[gpu], expertsPerToken);
    double wanted = expertsPerToken * share[gpu];
    return wanted == 0 ? 0 : wantedRows * once / wanted;
  }

  /** Other GPUs to which a row is sent, in the mean. */
  double gpusPerRow() {
    double all = 0;
    for (double each : share) {
      all += 1 - power(1 - each, expertsPerToken);
    }
    return all * (gpus - 1) / gpus;
  }

  /** How many experts get any of so many rows, in the mean. */
  int expectedTouched(int rows) {
    if (rows >= expectedTouched.length) {
      int before = expectedTouched.length;
      expectedTouched = Arrays.copyOf(expectedTouched, Math.max(rows + 1, 2 * before));
      Arrays.fill(expectedTouched, before, expectedTouched.length, -1);
    }
    if (expectedTouched[rows] < 0) {
      double touchedExperts = 0;
      for (int expert = 0; expert < experts; expert++) {
        double unwanted = 1 - routing.popularity(0, expert);
        touchedExperts += 1 - power(unwanted, rows * expertsPerToken);
      }
      expectedTouched[rows] = (int) Math.rint(touchedExperts);
    }
    return expectedTouched[rows];
  }

  /** By squaring, so that every machine gets the same. */
  private static double power(double base, int exponent) {
    double result = 1;
    double square = base;
    for (int left = exponent; left > 0; left >>= 1) {
      result *= (left & 1) == 1 ? square : 1;
      square *= square;
    }
    return result;
  }
}
