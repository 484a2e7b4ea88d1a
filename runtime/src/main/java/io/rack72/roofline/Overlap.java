package io.rack72.roofline;

/**
 * Work of two kinds that runs at the same time on different units. Kernels overlap reading,
 * arithmetic and writing in part: with a power of 1 not at all, with a large one perfectly.
 *
 * <p>Of the duration each kind has the part by which it would get shorter, relatively, if that kind
 * alone were a little quicker. Since both twice as quick take half as long, the two parts are 1
 * (Euler's theorem on homogeneous functions). Without overlap they are as the two kinds' lengths;
 * with a perfect one the longer has all of it.
 *
 * @param duration of both, between the longer one and their sum
 * @param firstPart of the duration, from 0 to 1
 */
record Overlap(double duration, double firstPart) {
  private static final Overlap NONE = new Overlap(0, 0);

  /** Of work that alone would take so long; the power is 1 at least. */
  static Overlap of(double first, double second, double power) {
    double longer = Math.max(first, second);
    if (longer <= 0) {
      return NONE;
    }
    double shorter = Math.min(first, second);
    double hidden = StrictMath.pow(shorter / longer, power);
    double longerPart = 1 / (1 + hidden);
    return new Overlap(
        longer * StrictMath.pow(1 + hidden, 1 / power),
        first >= second ? longerPart : 1 - longerPart);
  }

  /** What the first kind has of the duration. */
  double first() {
    return duration * firstPart;
  }

  /** What the second kind has of it. */
  double second() {
    return duration * (1 - firstPart);
  }
}
