package io.rack72.twin;

import io.rack72.fault.Fault;

/** Brings faults about in a run, each at its time. Used by one thread. */
final class FaultInjector {
  private final ModeledRack rack;
  private final VirtualRack running;
  private final FaultWatch watch;
  private final long seed;

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
    watch.begins(fault, running.time().nowNanos(), rack.workingGpus());
    running.suffer(
        fault.onUnits(),
        seed,
        outcome ->
            outcome.ifPresentOrElse(
                why -> watch.didNothing("it is out already"), () -> begun(fault)));
  }

  /** The fabric's ports are slow by themselves; devices that take steps whole are told. */
  private void begun(TwinFaults.Planned fault) {
    if (fault.onUnits() instanceof Fault.PortBandwidth slow) {
      VirtualTime time = running.time();
      rack.groups().setPortFactor(slow.gpu(), slow.factor());
      time.wakeAt(
          time.nowNanos() + slow.length().toNanos(),
          () -> rack.groups().setPortFactor(slow.gpu(), 1));
    }
  }
}
