package io.rack72.chaos;

import io.rack72.fault.Fault;
import java.util.Set;

/** Whom faults concern. Without state. */
final class Targets {
  private Targets() {}

  /** Numbers of the nodes that a fault names itself; those of GPUs depend on the rack. */
  static Set<Integer> nodes(Fault fault) {
    return switch (fault) {
      case Fault.OfProcess process -> Set.of(process.node());
      case Fault.FabricNoise noise -> noise.nodes();
      case Fault.Partition partition -> partition.nodes();
      case Fault.GpuFailure _, Fault.PortBandwidth _, Fault.CheckpointGone _ -> Set.of();
    };
  }
}
