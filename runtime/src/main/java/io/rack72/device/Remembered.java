package io.rack72.device;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A pure function of two numbers whose last results are kept: kernels of the same shape come again
 * and again. A result that falls on the place of another replaces it. Thread-safe.
 */
final class Remembered<T> {
  private static final int PLACES = 1 << 16;
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  /** What is remembered; the larger argument does not fit in an int. */
  @FunctionalInterface
  interface Function<T> {
    T of(int first, long second);
  }

  private record Result<T>(int first, long second, T value) {}

  private final AtomicReferenceArray<Result<T>> results = new AtomicReferenceArray<>(PLACES);
  private final Function<T> function;

  Remembered(Function<T> function) {
    this.function = function;
  }

  T of(int first, long second) {
    long hash = (second * GOLDEN_RATIO + first) * GOLDEN_RATIO;
    int place = (int) (hash >>> 48) & (PLACES - 1);
    Result<T> known = results.getAcquire(place);
    if (known != null && known.first == first && known.second == second) {
      return known.value;
    }
    T value = function.of(first, second);
    results.setRelease(place, new Result<>(first, second, value));
    return value;
  }
}
