package io.rack72.device;

import io.rack72.roofline.Spent;

/**
 * Adds up the kernels of a step on all GPUs of a group; there are hundreds of them, so it makes
 * nothing new for each. Not thread-safe.
 */
final class TimeTally {
  private static final double NANOS_PER_MICRO = 1e3;

  private double weights;
  private double kv;
  private double activations;
  private double arithmetic;
  private double links;
  private double latency;
  private double fixed;
  private double hbm;

  /** Begins anew. */
  void clear() {
    weights = 0;
    kv = 0;
    activations = 0;
    arithmetic = 0;
    links = 0;
    latency = 0;
    fixed = 0;
    hbm = 0;
  }

  /** Counts a kernel so many times. */
  void add(KernelTime kernel, double times) {
    Spent spent = kernel.spent();
    weights += spent.weights() * times;
    kv += spent.kv() * times;
    activations += spent.activations() * times;
    arithmetic += spent.arithmetic() * times;
    links += spent.links() * times;
    latency += spent.latency() * times;
    fixed += spent.fixed() * times;
    hbm += kernel.hbmMicros() * times;
  }

  /**
   * What the GPUs did.
   *
   * @param allNanos of all GPUs
   * @param hostNanos of it, in which they waited for their own hosts
   */
  GpuTime of(double allNanos, long hostNanos) {
    Spent spent = new Spent(weights, kv, activations, arithmetic, links, latency, fixed);
    double host = hostNanos / NANOS_PER_MICRO;
    double waiting = allNanos / NANOS_PER_MICRO - host - spent.micros();
    return new GpuTime(spent, host, Math.max(0, waiting), hbm);
  }
}
