package io.rack72.roofline;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.Phase;
import java.util.EnumMap;
import java.util.Map;

/**
 * Exchanges of tokens between expert-parallel GPUs: each sends a token once to every GPU that has
 * an expert for it, and gets as much back.
 */
final class AllToAllModel {
  private static final double MICROS = 1e6;
  private static final double NANOS_PER_MICRO = 1e3;

  /**
   * @param fixedMicros launch, and waiting for the others
   * @param doublingMicros more for each doubling of the group
   * @param floorMicros of a transfer, however small
   * @param bandwidthPart of the port that large exchanges reach
   * @param tokenNanos of the GPU's own work for each token
   * @param copyNanos of it for each token and target
   * @param overlapPower of the floor and the transfer
   */
  record Numbers(
      double fixedMicros,
      double doublingMicros,
      double floorMicros,
      double bandwidthPart,
      double tokenNanos,
      double copyNanos,
      double overlapPower) {}

  private final GpuSpec gpu;
  private final Map<Exchange, Map<Phase, Numbers>> numbers = new EnumMap<>(Exchange.class);

  AllToAllModel(GpuSpec gpu, Constants constants) {
    this.gpu = gpu;
    for (Exchange exchange : Exchange.values()) {
      Map<Phase, Numbers> phases = new EnumMap<>(Phase.class);
      for (Phase phase : Phase.values()) {
        if (exchange == Exchange.TWO_SIDED || phase != Phase.PREPARE) {
          String kind = Constants.hyphenated(exchange) + "-" + Constants.hyphenated(phase);
          phases.put(phase, constants.group("all-to-all." + kind, Numbers.class));
        }
      }
      numbers.put(exchange, phases);
    }
  }

  KernelCost cost(AllToAll call) {
    Numbers of = numbers.get(call.exchange()).get(call.phase());
    if (of == null) {
      return KernelCost.NONE;
    }
    double copies = call.tokens() * call.targets();
    double remote = copies * (call.gpus() - 1) / call.gpus();
    double bytes = call.phase() == Phase.PREPARE ? 0 : remote * call.bytesPerToken();
    double onPort = MICROS * bytes / (gpu.linkBytesPerSecond() * of.bandwidthPart());
    double transfer =
        onPort + (call.tokens() * of.tokenNanos() + copies * of.copyNanos()) / NANOS_PER_MICRO;
    Overlap moving = Overlap.of(of.floorMicros(), transfer, of.overlapPower());
    double fixed =
        of.fixedMicros() + of.doublingMicros() * StrictMath.log(call.gpus()) / StrictMath.log(2);
    double crossings = 2 * gpu.linkNanos() / NANOS_PER_MICRO;
    // What is not on the port is the GPU's own copying.
    double portPart = transfer == 0 ? 0 : onPort / transfer;
    Spent spent =
        new Spent(
            0,
            0,
            moving.second() * (1 - portPart),
            0,
            moving.second() * portPart,
            fixed + crossings + moving.first(),
            0);
    return new KernelCost(fixed + crossings + moving.duration(), spent, 0, 0, bytes);
  }
}
