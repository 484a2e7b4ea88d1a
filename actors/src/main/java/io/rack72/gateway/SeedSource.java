package io.rack72.gateway;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Seeds for requests that bring none. Counted, never drawn: a gateway configured with the same seed
 * gives the same ones in the same order. Thread-safe.
 *
 * <p>Numbers are spread by the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable
 * pseudorandom number generators", OOPSLA 2014).
 */
public final class SeedSource {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long seed;
  private final AtomicLong drawn = new AtomicLong();

  public SeedSource(long seed) {
    this.seed = seed;
  }

  /**
   * The next seed, from 0 to 2^53 - 1: it goes to clients in JSON, and many read numbers as
   * doubles.
   */
  public long next() {
    return mix(seed + drawn.incrementAndGet() * GOLDEN_GAMMA) >>> 11;
  }

  /**
   * The seed of one of a request's choices for a prompt. The first choice keeps the request's seed,
   * so that it is the same sequence as a request for one choice.
   */
  public static long ofChoice(long requestSeed, int choice) {
    return choice == 0 ? requestSeed : mix(requestSeed + choice * GOLDEN_GAMMA);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
