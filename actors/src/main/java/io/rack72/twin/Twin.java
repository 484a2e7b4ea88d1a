package io.rack72.twin;

import io.rack72.rack.RackSettings;
import io.rack72.rack.RackView;
import io.rack72.rack.ServedModel;
import io.rack72.routing.RouterActor;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

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
    return run(rack, workload, valuation, TwinFaults.NONE, time);
  }

  /**
   * Runs it to its end, and has the rack fail meanwhile.
   *
   * @param rack used once
   * @param time that has not passed yet
   */
  public static TwinReport run(
      ModeledRack rack,
      Workload workload,
      Valuation valuation,
      TwinFaults faults,
      VirtualTime time) {
    RackSettings settings = rack.parts().settings();
    ServedModel model = rack.parts().model();
    Measurements measured = new Measurements(workload, valuation.slo());
    FaultWatch watch = new FaultWatch(workload);
    Consumer<RackView> onView =
        view -> {
          rack.groups().follow(view.placement().experts(), time.nowNanos());
          watch.goesOnWith(rack.workingGpus());
        };
    try (VirtualRack running = VirtualRack.start(rack.parts(), time, onView)) {
      new FaultInjector(rack, running, watch, workload.seed()).plan(faults);
      ActorRef<RouterActor.Command> host =
          running.spawn(rack.host(running.router(), time), "request-host");
      LoadSource source =
          LoadSource.start(workload, running, host, model.config().vocabSize(), measured, watch);
      List<TwinReport.Sample> timeline = Timeline.run(workload, faults, running, source, measured);
      source.end();
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
          TwinReport.Spent.of(rack.time(time.nowNanos()), time.nowNanos()),
          rack.hbmUse(time.nowNanos()),
          rack.linkUse(time.nowNanos()),
          rack.busiestLinkUse(time.nowNanos()),
          rack.memory(),
          TwinReport.Costs.of(valuation, measured.tokens() / seconds / gpus),
          timeline,
          watch.effects(),
          TwinReport.links(rack.traffic()),
          time.ran());
    }
  }

  private static String lengths(Workload workload, Lengths drawn) {
    return workload.arrivals() instanceof Workload.Replay ? "the trace" : drawn.toString();
  }
}
