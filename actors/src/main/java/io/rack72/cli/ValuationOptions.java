package io.rack72.cli;

import io.rack72.twin.Slo;
import io.rack72.twin.Valuation;
import picocli.CommandLine.Option;

/** By what a simulated rack is judged, on the command line. */
final class ValuationOptions {
  @Option(
      names = "--slo",
      paramLabel = "ttft=MS,tpot=MS,e2e=MS",
      description = "Latencies that requests should have at most, for the goodput.")
  private String slo;

  @Option(
      names = "--gpu-watts",
      paramLabel = "WATTS",
      description =
          "A GPU's part of the rack's power, for the energy of a million tokens; without it the"
              + " GPU's own at full load, as the rack's profile has it.")
  private Double watts;

  @Option(
      names = "--gpu-hour-price",
      paramLabel = "PRICE",
      defaultValue = "0",
      description = "Price of a GPU for an hour, for the cost of a million tokens.")
  private double price;

  /**
   * Reads it.
   *
   * @param profileWatts of a GPU of the rack
   * @throws IllegalArgumentException if an option makes no sense
   */
  Valuation valuation(double profileWatts) {
    return new Valuation(
        slo == null ? Slo.NONE : Slo.parse(slo), watts == null ? profileWatts : watts, price);
  }
}
