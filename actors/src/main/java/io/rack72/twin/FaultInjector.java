package io.rack72.twin;

import io.rack72.fault.Fault;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import java.util.HashSet;
import java.util.Set;

/** Brings faults about in a run, each at its time. Used by one thread. */
final class FaultInjector {
  private static final String OUT_ALREADY = "it is out already";

  private final ModeledRack rack;
  private final VirtualRack running;
  private final FaultWatch watch;
  private final long seed;
  // As the rack's actors count them.
  private final Set<TrayId> out = new HashSet<>();

  /**
   * @param seed of what faults leave to chance
   */
  FaultInjector(ModeledRack rack, VirtualRack running, FaultWatch watch, long seed) {
    this.rack = rack;
    this.running = running;
    this.watch = watch;
    this.seed = seed;
  }

  /** Has them happen as time goes on. */
  void plan(TwinFaults faults) {
    VirtualTime time = running.time();
    for (TwinFaults.Planned fault : faults.faults()) {
      time.wakeAt(Math.max(time.nowNanos(), fault.atNanos()), () -> begin(fault));
    }
  }

  private void begin(TwinFaults.Planned fault) {
    FaultWatch.Seen seen = watch.begins(fault, running.time().nowNanos(), rack.workingGpus());
    // The rack itself learns only after all faults of an instant what the first of them did.
    if (!isOut(fault.onUnits())) {
      running.suffer(
          fault.onUnits(),
          seed,
          outcome ->
              outcome.ifPresentOrElse(
                  _ -> watch.didNothing(seen, OUT_ALREADY), () -> begun(fault)));
    } else {
      watch.didNothing(seen, OUT_ALREADY);
    }
  }

  /**
   * Whether a fault before has taken out the tray; one that fails a GPU does so for those after.
   */
  private boolean isOut(Fault.OfParts fault) {
    RackProfile units = rack.parts().settings().profile();
    return switch (fault) {
      case Fault.GpuFailure(GpuId unit) -> !out.add(units.trayOf(unit));
      case Fault.PortBandwidth slow -> out.contains(units.trayOf(slow.gpu()));
      case Fault.FabricNoise _ -> false;
    };
  }

  /** The fabric's ports are slow by themselves; devices that take steps whole are told. */
  private void begun(TwinFaults.Planned fault) {
    VirtualTime time = running.time();
    if (fault.onUnits() instanceof Fault.PortBandwidth slow) {
      if (rack.fidelity() == ModeledRack.Fidelity.DISPATCH) {
        return;
      }
      rack.groups().setPortFactor(slow.gpu(), slow.factor());
      time.wakeAt(
          time.nowNanos() + slow.length().toNanos(),
          () -> rack.groups().setPortFactor(slow.gpu(), 1));
    } else {
      // At this instant still, but after all that comes of the fault in it.
      time.wakeAt(time.nowNanos(), this::lookWhetherRackIsLost);
    }
  }

  /** Where nothing is left that could serve, no view tells of it; the rack's health does. */
  private void lookWhetherRackIsLost() {
    running.health(trouble -> trouble.ifPresent(_ -> watch.rackIsLost()));
  }
}
