package io.rack72.device;

import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;

/**
 * The ports of a group's members. Not thread-safe.
 *
 * @param traffic of the rack, which is told what steps move
 * @param gpuOf the GPU of the rack that a member of the group is
 * @param portFactors for each member, the part of its port's bandwidth that it has now, above 0
 */
public record GroupLinks(
    LinkTraffic traffic, IntUnaryOperator gpuOf, IntToDoubleFunction portFactors) {
  double portFactor(int member) {
    return portFactors.applyAsDouble(member);
  }

  /** See {@link LinkTraffic#exchange}. */
  double exchange(double[] parts, double[] there, double[] back) {
    return traffic.exchange(gpuOf, parts, there, back);
  }

  /** What the GPUs that are the group's one member send each other. */
  void within(double bytes) {
    traffic.within(gpuOf.applyAsInt(0), bytes);
  }
}
