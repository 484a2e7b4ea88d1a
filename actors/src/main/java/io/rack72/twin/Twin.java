package io.rack72.twin;

import io.rack72.rack.RackSettings;
import io.rack72.rack.ServedModel;
import java.util.List;

/** A workload on a modeled rack, in virtual time. */
public final class Twin {
  private static final double NANOS_PER_SECOND = 1e9;

  private Twin() {}

  /**
   * Runs it to its end, without an SLO, power or price.
   *
   * @param rack used once
   * @param time that has not passed yet
   */
  public static TwinReport run(ModeledRack rack, Workload workload, VirtualTime time) {
    return run(rack, workload, Valuation.NONE, time);
  }

  /**
   * Runs it to its end.
   *
   * @param rack used once
   * @param time that has not passed yet
   */
  public static TwinReport run(
      ModeledRack rack, Workload workload, Valuation valuation, VirtualTime time) {
    RackSettings settings = rack.parts().settings();
    ServedModel model = rack.parts().model();
    Measurements measured = new Measurements(workload, valuation.slo());
    try (VirtualRack running = VirtualRack.start(rack.parts(), time)) {
      LoadSource source = LoadSource.start(workload, running, model.config().vocabSize(), measured);
      List<TwinReport.Sample> timeline = Timeline.run(workload, running, source, measured);
      double seconds = workload.durationNanos() / NANOS_PER_SECOND;
      int gpus = rack.gpus();
      TwinReport.Latencies latencies = measured.latencies();
      return new TwinReport(
          settings.profile().name(),
          model.name(),
          gpus,
          rack.gpusPerTray(),
          rack.layout().name(),
          rack.layout().expertGpus(),
          lengths(workload, workload.prompt()),
          lengths(workload, workload.reply()),
          workload.seed(),
          seconds,
          source.requests(),
          TwinReport.Throughput.of(measured, seconds, gpus, latencies.tpot()),
          TwinReport.Goodput.of(measured, valuation.slo(), seconds),
          latencies,
          TwinReport.Terms.of(rack.terms()),
          rack.linkUse(time.nowNanos()),
          rack.busiestLinkUse(time.nowNanos()),
          rack.memory(),
          TwinReport.Costs.of(valuation, measured.tokens() / seconds / gpus),
          timeline,
          TwinReport.links(rack.traffic()),
          time.ran());
    }
  }

  private static String lengths(Workload workload, Lengths drawn) {
    return workload.arrivals() instanceof Workload.Replay ? "the trace" : drawn.toString();
  }
}
