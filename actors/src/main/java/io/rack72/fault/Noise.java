package io.rack72.fault;

import java.util.SplittableRandom;

/**
 * What becomes of the messages of one sender while {@link Fault.FabricNoise} holds: drawn from a
 * seed, one message after the other. A pure class; not thread-safe.
 */
public final class Noise {
  /** A message is overtaken by those of this time at least, even where none is late. */
  private static final long LEAST_OVERTAKEN_NANOS = 2_000_000;

  private static final long[] LOST = {};

  private final Fault.FabricNoise fault;
  private final SplittableRandom random;

  /**
   * @param seed of this sender
   */
  public Noise(Fault.FabricNoise fault, long seed) {
    this.fault = fault;
    random = new SplittableRandom(seed);
  }

  /** Nanoseconds after which each copy of the next message is sent; none where it is lost. */
  public long[] next() {
    boolean lost = random.nextDouble() < fault.loss();
    long first = delay();
    boolean twice = random.nextDouble() < fault.duplication();
    long second = delay();
    if (lost) {
      return LOST;
    }
    return twice ? new long[] {first, second} : new long[] {first};
  }

  private long delay() {
    long nanos = fault.delay().toNanos();
    boolean late = random.nextDouble() < fault.reordering();
    long overtaken = random.nextLong(1, Math.max(LEAST_OVERTAKEN_NANOS, nanos) + 1);
    return late ? nanos + overtaken : nanos;
  }
}
