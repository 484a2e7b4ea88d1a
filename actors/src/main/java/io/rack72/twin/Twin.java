package io.rack72.twin;

import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;

/** A workload on a modeled rack, in virtual time. */
public final class Twin {
  private static final double NANOS_PER_SECOND = 1e9;

  private Twin() {}

  /**
   * Runs it to its end.
   *
   * @param rack used once
   * @param time that has not passed yet
   */
  public static TwinReport run(ModeledRack rack, Workload workload, VirtualTime time) {
    RackSettings settings = rack.parts().settings();
    ServedModel model = rack.parts().model();
    Measurements measured = new Measurements(workload);
    try (VirtualRack running = VirtualRack.start(rack.parts(), time)) {
      LoadSource source = LoadSource.start(workload, running, model.config().vocabSize(), measured);
      time.runUntil(workload.endNanos());
      double seconds = workload.durationNanos() / NANOS_PER_SECOND;
      int gpus = rack.gpus();
      TwinReport.Latencies latencies = measured.latencies();
      return new TwinReport(
          settings.profile().name(),
          model.name(),
          gpus,
          rack.layout().name(),
          rack.layout().expertGpus(),
          workload.prompt().toString(),
          workload.reply().toString(),
          workload.seed(),
          seconds,
          source.requests(),
          TwinReport.Throughput.of(measured, seconds, gpus, latencies.tpot()),
          latencies,
          TwinReport.Terms.of(rack.terms()),
          time.ran());
    }
  }
}
