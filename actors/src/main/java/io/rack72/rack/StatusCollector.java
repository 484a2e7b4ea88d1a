package io.rack72.rack;

import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortReport;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * One report being put together.
 *
 * <p><b>Owns</b> what is known of each GPU. <b>Receives</b> each port's counters, once.
 * <b>Sends</b> the ports a question, the whole to who asked for it, and stops. <b>On failure</b> of
 * a port the report goes without its counters, once the others have had their time to answer.
 */
final class StatusCollector extends AbstractBehavior<StatusCollector.Command> {
  /** Ports answer at once; one that has not by then is gone. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  sealed interface Command {}

  private record Answered(PortReport report) implements Command {}

  private record Overdue() implements Command {}

  private final RackStatus rack;
  private final NavigableMap<GpuId, GpuStatus> gpus;
  private final ActorRef<RackStatus> replyTo;
  private int awaited;

  /**
   * A collector that asks each port.
   *
   * @param rack what is known but for the GPUs
   * @param gpus what is known of each but for its port
   */
  static Behavior<Command> create(
      RackStatus rack,
      NavigableMap<GpuId, GpuStatus> gpus,
      Collection<ActorRef<PortActor.Command>> ports,
      ActorRef<RackStatus> replyTo) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new StatusCollector(context, timers, rack, gpus, ports, replyTo)));
  }

  private StatusCollector(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      RackStatus rack,
      NavigableMap<GpuId, GpuStatus> gpus,
      Collection<ActorRef<PortActor.Command>> ports,
      ActorRef<RackStatus> replyTo) {
    super(context);
    this.rack = rack;
    this.gpus = new TreeMap<>(gpus);
    this.replyTo = replyTo;
    awaited = ports.size();
    ActorRef<PortReport> answers = context.messageAdapter(PortReport.class, Answered::new);
    ports.forEach(port -> port.tell(new PortActor.Report(answers)));
    timers.startSingleTimer(new Overdue(), PATIENCE);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Answered(PortReport(GpuId gpu, var counters)) -> {
        gpus.computeIfPresent(gpu, (id, status) -> status.with(counters));
        awaited--;
      }
      case Overdue() -> awaited = 0;
    }
    if (awaited > 0) {
      return this;
    }
    replyTo.tell(rack.with(rack.health(), List.copyOf(gpus.values())));
    return Behaviors.stopped();
  }
}
