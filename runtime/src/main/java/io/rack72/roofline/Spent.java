package io.rack72.roofline;

/**
 * What the duration of a kernel, or of many, went on, in microseconds; together these are all of
 * it.
 *
 * <p>Where work of two kinds overlaps, each has the part by which the whole would get shorter if it
 * were quicker ({@link Overlap}). So a term tells what more of its resource would bring: a kernel
 * that hides all its arithmetic behind the weights that it reads has no time for arithmetic.
 *
 * @param weights reading weights
 * @param kv reading keys and values, one after another ones included
 * @param activations moving what lies between two kernels, logits too
 * @param arithmetic on the tiles that are computed, padding included, and unpacking of weights
 * @param links bytes that pass the port
 * @param latency of what passes between GPUs, however little: launches, meeting one another, the
 *     links' latency
 * @param fixed of all other kernels: launches, first and last tiles, and what else no rate of the
 *     data sheet changes
 */
public record Spent(
    double weights,
    double kv,
    double activations,
    double arithmetic,
    double links,
    double latency,
    double fixed) {
  /** On nothing. */
  public static final Spent NONE = new Spent(0, 0, 0, 0, 0, 0, 0);

  /** Only on launches and the like. */
  public static Spent fixed(double micros) {
    return new Spent(0, 0, 0, 0, 0, 0, micros);
  }

  /** On reading weights, on arithmetic, and nothing else. */
  static Spent products(double weights, double arithmetic) {
    return new Spent(weights, 0, 0, arithmetic, 0, 0, 0);
  }

  /** All of it. */
  public double micros() {
    return weights + kv + activations + arithmetic + links + latency + fixed;
  }

  /** This and then another. */
  public Spent plus(Spent next) {
    return new Spent(
        weights + next.weights,
        kv + next.kv,
        activations + next.activations,
        arithmetic + next.arithmetic,
        links + next.links,
        latency + next.latency,
        fixed + next.fixed);
  }

  /** This so many times. */
  public Spent times(double count) {
    return new Spent(
        weights * count,
        kv * count,
        activations * count,
        arithmetic * count,
        links * count,
        latency * count,
        fixed * count);
  }

  /**
   * Without the beginning, for which what came before still ran: launches first, and when there are
   * no more of them as much of everything else.
   *
   * @param micros of it, no more than all
   */
  Spent withoutFirst(double micros) {
    double starting = latency + fixed;
    if (micros < starting) {
      double left = (starting - micros) / starting;
      return new Spent(weights, kv, activations, arithmetic, links, latency * left, fixed * left);
    }
    double others = micros() - starting;
    return new Spent(weights, kv, activations, arithmetic, links, 0, 0)
        .times((others - (micros - starting)) / others);
  }
}
