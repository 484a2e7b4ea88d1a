package io.rack72.roofline;

import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.Operation;
import java.util.EnumMap;
import java.util.Map;

/**
 * Collectives: a latency that grows with the number of GPUs, and bytes over the port. In between,
 * messages are too small for all channels of the port, which costs a ramp that ends.
 */
final class CollectiveModel {
  private static final double MICROS = 1e6;
  private static final double NANOS_PER_MICRO = 1e3;

  /**
   * @param fixedMicros launch, and waiting for the others
   * @param peerMicros more for each other GPU, to a power
   * @param peerPower that power
   * @param bandwidthPart of the port that large messages reach
   * @param peerLoss what of it is lost: over switches with few GPUs, since each pair has few
   *     channels, and over PCIe with many, since they share it
   * @param rampMicros more for messages that do not fill the port
   * @param rampAtMicros of time on the port at which half of that is reached
   */
  record Numbers(
      double fixedMicros,
      double peerMicros,
      double peerPower,
      double bandwidthPart,
      double peerLoss,
      double rampMicros,
      double rampAtMicros) {}

  /**
   * What the serving stack's own all-reduce has besides.
   *
   * @param oneShotPart of the port where each GPU reads what all others have
   * @param secondPhaseMicros where each GPU sums a part and then shares it
   * @param choicePower how sharply the better of the two is taken
   */
  record FusedNumbers(double oneShotPart, double secondPhaseMicros, double choicePower) {}

  private final GpuSpec gpu;
  private final boolean switched;
  private final Map<Operation, Numbers> numbers = new EnumMap<>(Operation.class);
  private final FusedNumbers fused;

  CollectiveModel(GpuSpec gpu, Constants constants) {
    this.gpu = gpu;
    switched = gpu.architecture() != Architecture.BLACKWELL_WORKSTATION;
    String group = "collective." + Constants.hyphenated(gpu.architecture()) + "-";
    for (Operation operation : Operation.values()) {
      numbers.put(
          operation, constants.group(group + Constants.hyphenated(operation), Numbers.class));
    }
    fused =
        constants.group(
            group + Constants.hyphenated(Operation.FUSED_ALL_REDUCE), FusedNumbers.class);
  }

  KernelCost cost(Collective call) {
    Numbers of = numbers.get(call.operation());
    int peers = call.gpus() - 1;
    boolean twice =
        call.operation() == Operation.ALL_REDUCE || call.operation() == Operation.FUSED_ALL_REDUCE;
    double bytes = call.bytes() * peers / call.gpus() * (twice ? 2 : 1);
    double part =
        switched
            ? of.bandwidthPart() * peers / (peers + of.peerLoss())
            : of.bandwidthPart() / (1 + of.peerLoss() * (peers - 1));
    double onPort = MICROS * bytes / (gpu.linkBytesPerSecond() * part);
    double latency =
        of.fixedMicros()
            + of.peerMicros() * StrictMath.pow(peers, of.peerPower())
            + (twice ? 2 : 1) * gpu.linkNanos() / NANOS_PER_MICRO;
    double ramp = of.rampMicros() * onPort / (onPort + of.rampAtMicros());
    double transfer = onPort + ramp;
    // As far as the ramp grows with the bytes.
    double ofBytes = onPort + ramp * of.rampAtMicros() / (onPort + of.rampAtMicros());
    if (call.operation() == Operation.FUSED_ALL_REDUCE) {
      double oneShot =
          MICROS * call.bytes() * peers / (gpu.linkBytesPerSecond() * fused.oneShotPart());
      double inOne = latency + oneShot;
      double inTwo = latency + fused.secondPhaseMicros() + transfer;
      // Tables switch between ways a little beside the best size, so their speeds are overlaid.
      Overlap speed = Overlap.of(1 / inOne, 1 / inTwo, fused.choicePower());
      double micros = 1 / speed.duration();
      double onLinks =
          micros
              * (speed.firstPart() * oneShot / inOne + (1 - speed.firstPart()) * ofBytes / inTwo);
      return new KernelCost(micros, between(onLinks, micros - onLinks), 0, 0, bytes);
    }
    return new KernelCost(
        latency + transfer, between(ofBytes, latency + transfer - ofBytes), 0, 0, bytes);
  }

  private static Spent between(double links, double latency) {
    return new Spent(0, 0, 0, 0, links, latency, 0);
  }
}
