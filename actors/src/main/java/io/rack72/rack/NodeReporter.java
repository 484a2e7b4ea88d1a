package io.rack72.rack;

import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortReport;
import io.rack72.fabric.TrunkMessage;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.wire.TrunkActor;
import io.rack72.wire.TrunkStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * One node's part of a report being put together.
 *
 * <p><b>Owns</b> what is known of each GPU. <b>Receives</b> each port's and trunk's counters, once.
 * <b>Sends</b> them a question, the whole to who asked for it, and stops. <b>On failure</b> of a
 * port the report goes without its counters, once the others have had their time to answer.
 */
final class NodeReporter extends AbstractBehavior<NodeReporter.Command> {
  /** Ports answer at once; one that has not by then is gone. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  sealed interface Command {}

  private record OfPort(PortReport report) implements Command {}

  private record OfTrunk(TrunkStatus status) implements Command {}

  private record Overdue() implements Command {}

  private final NodeId node;
  private final Set<TrayId> failed;
  private final Set<NodeId> silent;
  private final long dropped;
  private final NavigableMap<GpuId, GpuStatus> gpus;
  private final List<TrunkStatus> trunks = new ArrayList<>();
  private final ActorRef<NodeReport> replyTo;
  private int awaited;

  /**
   * A reporter that asks each port and trunk.
   *
   * @param failed trays of it that take no part
   * @param silent nodes that it does not hear
   * @param dropped messages that were dropped before they were sent
   * @param gpus what is known of each but for its port
   */
  static Behavior<Command> create(
      NodeId node,
      Set<TrayId> failed,
      Set<NodeId> silent,
      long dropped,
      NavigableMap<GpuId, GpuStatus> gpus,
      Collection<ActorRef<PortActor.Command>> ports,
      Collection<ActorRef<TrunkMessage>> trunks,
      ActorRef<NodeReport> replyTo) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new NodeReporter(
                        context, timers, node, failed, silent, dropped, gpus, ports, trunks,
                        replyTo)));
  }

  private NodeReporter(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      NodeId node,
      Set<TrayId> failed,
      Set<NodeId> silent,
      long dropped,
      NavigableMap<GpuId, GpuStatus> gpus,
      Collection<ActorRef<PortActor.Command>> ports,
      Collection<ActorRef<TrunkMessage>> trunks,
      ActorRef<NodeReport> replyTo) {
    super(context);
    this.node = node;
    this.failed = failed;
    this.silent = silent;
    this.dropped = dropped;
    this.gpus = new TreeMap<>(gpus);
    this.replyTo = replyTo;
    awaited = ports.size() + trunks.size();
    ActorRef<PortReport> portAnswers = context.messageAdapter(PortReport.class, OfPort::new);
    ports.forEach(port -> port.tell(new PortActor.Report(portAnswers)));
    ActorRef<TrunkStatus> trunkAnswers = context.messageAdapter(TrunkStatus.class, OfTrunk::new);
    trunks.forEach(trunk -> trunk.tell(new TrunkActor.Report(trunkAnswers)));
    if (awaited == 0) {
      context.getSelf().tell(new Overdue());
    } else {
      timers.startSingleTimer(new Overdue(), PATIENCE);
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case OfPort(PortReport(GpuId gpu, var counters)) -> {
        gpus.computeIfPresent(gpu, (id, status) -> status.with(counters));
        awaited--;
      }
      case OfTrunk(TrunkStatus status) -> {
        trunks.add(status);
        awaited--;
      }
      case Overdue() -> awaited = 0;
    }
    if (awaited > 0) {
      return this;
    }
    trunks.sort(Comparator.comparing(TrunkStatus::to));
    replyTo.tell(
        new NodeReport(
            node,
            ProcessHandle.current().pid(),
            failed.stream().map(TrayId::index).toList(),
            silent.stream().map(NodeId::address).toList(),
            dropped,
            List.copyOf(gpus.values()),
            trunks));
    return Behaviors.stopped();
  }
}
