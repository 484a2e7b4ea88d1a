package io.rack72.rack;

import io.rack72.gpu.GpuStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * One report of the whole rack being put together.
 *
 * <p><b>Owns</b> what the nodes have told. <b>Receives</b> each node's part, once. <b>Sends</b> the
 * nodes a question, the whole to who asked for it, and stops. <b>On failure</b> of a node the
 * report goes without its part, once the others have had their time to answer.
 */
final class RackReporter extends AbstractBehavior<RackReporter.Command> {
  /** Longer than a node waits for its own parts. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  sealed interface Command {}

  private record Answered(NodeReport report) implements Command {}

  private record Overdue() implements Command {}

  private final RackStatus rack;
  private final List<Member> members;
  private final Map<NodeId, NodeReport> reports = new TreeMap<>();
  private final ActorRef<RackStatus> replyTo;

  /**
   * A reporter that asks each node.
   *
   * @param rack what is known but for the nodes
   */
  static Behavior<Command> create(
      RackStatus rack,
      List<Member> members,
      Map<NodeId, ActorRef<NodeActor.Command>> nodes,
      ActorRef<RackStatus> replyTo) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new RackReporter(context, timers, rack, members, nodes, replyTo)));
  }

  private RackReporter(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      RackStatus rack,
      List<Member> members,
      Map<NodeId, ActorRef<NodeActor.Command>> nodes,
      ActorRef<RackStatus> replyTo) {
    super(context);
    this.rack = rack;
    this.members = members;
    this.replyTo = replyTo;
    ActorRef<NodeReport> answers = context.messageAdapter(NodeReport.class, Answered::new);
    nodes.values().forEach(node -> node.tell(new NodeOrder.Report(answers)));
    timers.startSingleTimer(new Overdue(), PATIENCE);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    boolean overdue =
        switch (command) {
          case Answered(NodeReport report) -> {
            reports.put(report.id(), report);
            yield false;
          }
          case Overdue() -> true;
        };
    if (!overdue && reports.size() < members.size()) {
      return this;
    }
    List<NodeStatus> nodes =
        members.stream().map(member -> NodeStatus.of(member, reports.get(member.id()))).toList();
    List<GpuStatus> gpus = new ArrayList<>();
    reports.values().forEach(report -> gpus.addAll(report.gpus()));
    gpus.sort(Comparator.comparingInt(GpuStatus::gpu));
    replyTo.tell(rack.with(nodes, gpus));
    return Behaviors.stopped();
  }
}
