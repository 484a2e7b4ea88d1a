package io.rack72.twin;

/**
 * By what a run is judged, which changes nothing of it. Immutable.
 *
 * @param slo that requests should meet
 * @param wattsPerGpu its part of the rack's power with all that is around it; 0 where that is not
 *     known
 * @param pricePerGpuHour in any currency; 0 where that is not known
 */
public record Valuation(Slo slo, double wattsPerGpu, double pricePerGpuHour) {
  /** Without an SLO, power or price. */
  public static final Valuation NONE = new Valuation(Slo.NONE, 0, 0);

  private static final double MOST = 1e6;

  public Valuation {
    check("a GPU's watts", wattsPerGpu);
    check("the price of a GPU's hour", pricePerGpuHour);
  }

  private static void check(String what, double value) {
    if (!(value >= 0 && value <= MOST)) {
      throw new IllegalArgumentException(what + " is 0 to 1e6, not " + value);
    }
  }
}
