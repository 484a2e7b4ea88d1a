package io.rack72.bench;

/** A kernel and how long its calls took. Rates are those of the median call. */
record KernelMeasurement(KernelCase kernel, Stopwatch.Timing timing) {
  /** Of weights, keys and values, or activations. */
  double bytesPerSecond() {
    return kernel.bytes() / (timing.median() / 1e9);
  }

  double operationsPerSecond() {
    return kernel.operations() / (timing.median() / 1e9);
  }

  double readPercent(Limits limits) {
    return 100 * bytesPerSecond() / limits.readBytes();
  }

  double peakPercent(Limits limits) {
    return 100 * operationsPerSecond() / limits.operations(kernel.arithmetic());
  }

  /** Whether memory alone would need longer than arithmetic alone. */
  boolean isLimitedByMemory(Limits limits) {
    return readPercent(limits) >= peakPercent(limits);
  }

  /** The time that the tighter of the two limits allows, of the time that a call took. */
  double limitPercent(Limits limits) {
    return Math.max(readPercent(limits), peakPercent(limits));
  }
}
