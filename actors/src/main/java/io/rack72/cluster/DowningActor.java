package io.rack72.cluster;

import io.rack72.clock.Clock;
import io.rack72.rack.Downing;
import io.rack72.rack.Heard;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeId;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;

/**
 * Throws nodes that are gone out of the cluster.
 *
 * <p><b>Owns</b> the decision. <b>Receives</b> from the node's actor who hears whom. <b>Sends</b>
 * it the members of the cluster, and to the cluster whom it is to throw out. <b>On failure</b> of
 * the node's actor there is no decision; the node ends then, and the others decide. So it does
 * where this actor fails itself: one that throws nobody out would wait for ever for those that are
 * gone.
 */
final class DowningActor extends AbstractBehavior<DowningActor.Command> {
  /** Looks within the time that a decision must stand. */
  private static final int LOOKS = 8;

  sealed interface Command {}

  private record Look() implements Command {}

  private record Known(Heard heard) implements Command {}

  private final Cluster cluster;
  private final ActorRef<NodeActor.Command> node;
  private final Clock clock;
  private final Downing downing;
  private final ActorRef<Heard> known;
  private Set<NodeId> thrownOut = Set.of();

  /**
   * For the node of this JVM.
   *
   * @param stable see {@link Downing}
   */
  static Behavior<Command> create(ActorRef<NodeActor.Command> node, Duration stable, Clock clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new DowningActor(context, timers, node, stable, clock)));
  }

  private DowningActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ActorRef<NodeActor.Command> node,
      Duration stable,
      Clock clock) {
    super(context);
    this.node = node;
    this.clock = clock;
    cluster = Cluster.get(context.getSystem());
    downing = new Downing(ClusterKeeper.id(cluster.selfMember().uniqueAddress()), stable);
    known = context.messageAdapter(Heard.class, Known::new);
    timers.startTimerWithFixedDelay(new Look(), stable.dividedBy(LOOKS));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(
            Look.class,
            _ -> {
              node.tell(new NodeActor.TellHeard(rackMembers(), known));
              return this;
            })
        .onMessage(Known.class, message -> look(message.heard()))
        .build();
  }

  private Set<NodeId> rackMembers() {
    Set<NodeId> members = new TreeSet<>();
    for (Member member : cluster.state().getMembers()) {
      if (Standing.of(member) != Standing.GOING) {
        members.add(ClusterKeeper.id(member.uniqueAddress()));
      }
    }
    return members;
  }

  private Behavior<Command> look(Heard heard) {
    ClusterEvent.CurrentClusterState state = cluster.state();
    SortedMap<NodeId, Member> members = new TreeMap<>();
    SortedMap<NodeId, Member> coming = new TreeMap<>();
    for (Member member : state.getMembers()) {
      Map<NodeId, Member> those =
          switch (Standing.of(member)) {
            case COUNTS -> members;
            case COMING -> coming;
            case GOING -> new TreeMap<>();
          };
      those.put(ClusterKeeper.id(member.uniqueAddress()), member);
    }
    Set<NodeId> accused = new TreeSet<>();
    state.getUnreachable().forEach(one -> accused.add(ClusterKeeper.id(one.uniqueAddress())));
    SortedMap<NodeId, Member> all = new TreeMap<>(members);
    all.putAll(coming);
    accused.retainAll(all.keySet());
    Set<NodeId> go =
        downing.look(
            new Downing.Picture(new TreeSet<>(members.keySet()), coming.keySet(), accused, heard),
            clock.nowNanos());
    if (!go.isEmpty() && !go.equals(thrownOut)) {
      getContext()
          .getLog()
          .warn("{} are thrown out of the rack: silent are {}; {}", go, accused, heard.words());
    }
    thrownOut = go;
    go.forEach(one -> cluster.manager().tell(new Down(all.get(one).address())));
    return this;
  }

  private enum Standing {
    COUNTS,
    COMING,
    GOING;

    static Standing of(Member member) {
      MemberStatus status = member.status();
      if (status.equals(MemberStatus.up()) || status.equals(MemberStatus.leaving())) {
        return COUNTS;
      }
      return status.equals(MemberStatus.joining()) || status.equals(MemberStatus.weaklyUp())
          ? COMING
          : GOING;
    }
  }
}
