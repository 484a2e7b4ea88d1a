package io.rack72.rack;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The rack's one decider: a shell around {@link Keeper}.
 *
 * <p><b>Owns</b> who is in the rack and the present change of it. <b>Receives</b> what nodes tell
 * of themselves, and word of nodes that are gone. <b>Sends</b> nodes their orders. <b>On
 * failure</b> it begins again in a while, and when its node leaves or is lost another one begins
 * elsewhere; it asks the nodes, and meanwhile tokens flow. In a rack in one JVM it does not, and no
 * failure after its own is made up for.
 */
public final class KeeperActor extends AbstractBehavior<KeeperActor.Command> {
  /**
   * How long a keeper that takes over waits for nodes to tell of themselves: longer than the
   * cluster needs to find out who is gone, since one that is not waited for has to start again.
   */
  private static final Duration RECOVERY = Duration.ofSeconds(45);

  /** What a keeper takes. */
  public sealed interface Command {}

  /** A node is there; told every second or so. */
  public record Present(NodeState state, ActorRef<NodeActor.Command> node)
      implements Command, Control {}

  /** A node is ready to follow a view. */
  public record Prepared(NodeId node, long epoch) implements Command, Control {}

  /** No step of a node follows an earlier view. */
  public record Settled(NodeId node, long epoch) implements Command, Control {}

  /** A node is not there any more. */
  public record Gone(NodeId node) implements Command {}

  private record RecoveryIsOver() implements Command {}

  private final Keeper keeper;
  private final Predicate<NodeId> isThere;
  private final Map<NodeId, ActorRef<NodeActor.Command>> nodes = new TreeMap<>();

  /** The keeper of a rack in one JVM. */
  public static Behavior<Command> create(Keeper.Rules rules) {
    return create(rules, Set.of(), 0, _ -> true);
  }

  /**
   * The keeper of a rack among many JVMs.
   *
   * @param present nodes that are there already, which may know of a rack before this keeper
   * @param term see {@link Keeper}
   * @param isThere whether a node that tells of itself may still be there; what one says that has
   *     gone before this keeper began comes late
   */
  public static Behavior<Command> create(
      Keeper.Rules rules, Collection<NodeId> present, long term, Predicate<NodeId> isThere) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new KeeperActor(context, timers, rules, present, term, isThere)));
  }

  private KeeperActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Keeper.Rules rules,
      Collection<NodeId> present,
      long term,
      Predicate<NodeId> isThere) {
    super(context);
    this.isThere = isThere;
    keeper = new Keeper(rules, present, term);
    if (!present.isEmpty()) {
      timers.startSingleTimer(new RecoveryIsOver(), RECOVERY);
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    send(
        switch (command) {
          case Present(NodeState state, _) when !isThere.test(state.id()) -> List.of();
          case Present(NodeState state, ActorRef<NodeActor.Command> node) -> {
            nodes.put(state.id(), node);
            yield keeper.present(state);
          }
          case Prepared(NodeId node, long epoch) -> keeper.prepared(node, epoch);
          case Settled(NodeId node, long epoch) -> keeper.settled(node, epoch);
          case Gone(NodeId node) -> {
            nodes.remove(node);
            yield keeper.gone(node);
          }
          case RecoveryIsOver() -> keeper.recoveryIsOver();
        });
    return this;
  }

  private void send(List<Keeper.Sent> orders) {
    for (Keeper.Sent sent : orders) {
      switch (sent.order()) {
        case NodeOrder.Prepare(RackView view) ->
            getContext().getLog().debug("{} prepares epoch {}", sent.to(), view.epoch());
        case NodeOrder.Refuse(String reason) ->
            getContext().getLog().warn("{} is not let in: {}", sent.to(), reason);
        case NodeOrder.NoRoom(String reason) ->
            getContext().getLog().error("{} is told that {}", sent.to(), reason);
        case NodeOrder.Commit _, NodeOrder.Release _, NodeOrder.MayLeave _, NodeOrder.Report _ -> {}
      }
      nodes.get(sent.to()).tell(sent.order());
    }
  }
}
