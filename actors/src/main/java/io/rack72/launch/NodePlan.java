package io.rack72.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * One JVM that the rack should have.
 *
 * @param trays that live in it
 * @param gatewayPort of its HTTP gateway, 0 for any free one; empty where it has none
 */
public record NodePlan(TrayList trays, OptionalInt gatewayPort) {
  private static final int LAST_PORT = 65_535;

  /**
   * A plan for each JVM.
   *
   * @param trays of all together
   * @param jvms 1 to the number of trays
   * @param gateways JVMs, the first ones, that also have a gateway; 1 to {@code jvms}
   * @param port of the first gateway, of which the others' follow; 0 for any free one for each
   * @throws IllegalArgumentException with a sentence that names what cannot be
   */
  public static List<NodePlan> of(TrayList trays, int jvms, int gateways, int port) {
    if (jvms < 1 || jvms > trays.size()) {
      throw new IllegalArgumentException(
          "a JVM has at least one tray, so for %d trays there are 1 to %d JVMs, not %d"
              .formatted(trays.size(), trays.size(), jvms));
    }
    if (gateways < 1 || gateways > jvms) {
      throw new IllegalArgumentException(
          "of %d JVMs 1 to %d have a gateway, not %d".formatted(jvms, jvms, gateways));
    }
    if (port < 0 || port > LAST_PORT || (port > 0 && port > LAST_PORT - gateways + 1)) {
      throw new IllegalArgumentException(
          "%d gateways have ports from 1 to %d that follow each other, or 0 for any free ones, so the first is not %d"
              .formatted(gateways, LAST_PORT, port));
    }
    List<TrayList> runs = trays.split(jvms);
    List<NodePlan> plans = new ArrayList<>();
    for (int i = 0; i < jvms; i++) {
      plans.add(
          new NodePlan(
              runs.get(i),
              i < gateways ? OptionalInt.of(port == 0 ? 0 : port + i) : OptionalInt.empty()));
    }
    return List.copyOf(plans);
  }

  /** The same JVM with its gateway at a port that is known by now. */
  NodePlan atPort(int port) {
    return new NodePlan(trays, OptionalInt.of(port));
  }

  boolean hasGateway() {
    return gatewayPort.isPresent();
  }

  /** Its name for people, such as {@code tray 4-7}. */
  @Override
  public String toString() {
    return "tray " + trays;
  }
}
