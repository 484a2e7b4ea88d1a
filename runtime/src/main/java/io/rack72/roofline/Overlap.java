package io.rack72.roofline;

/**
 * Work that runs at the same time on different units. Kernels overlap reading, arithmetic and
 * writing in part: with a power of 1 not at all, with a large one perfectly.
 */
final class Overlap {
  private Overlap() {}

  /** Duration of two kinds of work, between the longer one and their sum. */
  static double of(double first, double second, double power) {
    double longer = Math.max(first, second);
    if (longer <= 0) {
      return 0;
    }
    double shorter = Math.min(first, second);
    return longer * StrictMath.pow(1 + StrictMath.pow(shorter / longer, power), 1 / power);
  }
}
