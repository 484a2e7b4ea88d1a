package io.rack72.sampling;

/**
 * Random numbers that are a function of (seed, position, draw) and of nothing else: no state, so
 * the same token is drawn wherever, whenever and in whatever company its sequence is computed.
 *
 * <p>Philox4x32 with ten rounds, from J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel Random
 * Numbers: As Easy as 1, 2, 3", SC'11. The seed is the key; position and draw are the counter.
 */
public final class CounterRandom {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_2 = 0xCD9E8D57L;
  private static final int KEY_STEP_0 = 0x9E3779B9;
  private static final int KEY_STEP_1 = 0xBB67AE85;
  private static final long LOW_32_BITS = 0xFFFFFFFFL;

  private CounterRandom() {}

  /**
   * A number in [0, 1), uniform over the multiples of 2<sup>-53</sup>.
   *
   * @param seed of the request
   * @param position of the token that is drawn, in its sequence
   * @param draw which of several numbers for that token, from 0
   */
  public static double uniform(long seed, long position, int draw) {
    int[] words =
        philox((int) seed, (int) (seed >>> 32), (int) position, (int) (position >>> 32), draw, 0);
    long bits = (long) words[0] << 32 | (words[1] & LOW_32_BITS);
    return (bits >>> 11) * 0x1p-53;
  }

  /** What {@link #uniform} gave times a positive bound, rounded down without any other error. */
  static long below(long bound, double uniform) {
    return Math.unsignedMultiplyHigh((long) (uniform * 0x1p53) << 11, bound);
  }

  /** The 128-bit block of a 64-bit key and a 128-bit counter, lowest word first. */
  static int[] philox(int key0, int key1, int c0, int c1, int c2, int c3) {
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & LOW_32_BITS);
      long product2 = MULTIPLIER_2 * (c2 & LOW_32_BITS);
      c0 = (int) (product2 >>> 32) ^ c1 ^ key0;
      c1 = (int) product2;
      c2 = (int) (product0 >>> 32) ^ c3 ^ key1;
      c3 = (int) product0;
      key0 += KEY_STEP_0;
      key1 += KEY_STEP_1;
    }
    return new int[] {c0, c1, c2, c3};
  }
}
