package io.rack72.cluster;

import io.rack72.rack.Keeper;
import io.rack72.rack.KeeperActor;
import io.rack72.rack.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.cluster.typed.Subscribe;

/** The keeper of a rack in many JVMs: one in the cluster, on its oldest node. */
final class ClusterKeeper {
  /**
   * A keeper that fails begins again on its node and asks the others: Pekko would leave the rack
   * without. Meanwhile tokens flow, as while it moves. What fails every time must not take all
   * there is to do.
   */
  private static final Duration SOONEST_RESTART = Duration.ofSeconds(1);

  private static final Duration LATEST_RESTART = Duration.ofSeconds(30);
  // Nobody else restarts at the same time.
  private static final double RESTART_SPREAD = 0;

  private static final long TERMS_PER_NODE = 1_000;

  private ClusterKeeper() {}

  /** How any node reaches the keeper, wherever it is; it may be this node's at any time. */
  static ActorRef<KeeperActor.Command> proxy(ActorSystem<?> system, Keeper.Rules rules) {
    AtomicLong begun = new AtomicLong();
    return ClusterSingleton.get(system)
        .init(
            SingletonActor.of(
                Behaviors.supervise(watching(rules, begun))
                    .onFailure(
                        SupervisorStrategy.restartWithBackoff(
                            SOONEST_RESTART, LATEST_RESTART, RESTART_SPREAD)),
                "keeper"));
  }

  private static Behavior<KeeperActor.Command> watching(Keeper.Rules rules, AtomicLong begun) {
    return Behaviors.setup(
        context -> {
          Cluster cluster = Cluster.get(context.getSystem());
          cluster
              .subscriptions()
              .tell(
                  Subscribe.create(
                      context.messageAdapter(
                          ClusterEvent.MemberRemoved.class,
                          removed -> new KeeperActor.Gone(id(removed.member().uniqueAddress()))),
                      ClusterEvent.MemberRemoved.class));
          List<NodeId> present =
              StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                  .filter(member -> member.status().equals(MemberStatus.up()))
                  .map(member -> id(member.uniqueAddress()))
                  .toList();
          // The cluster's oldest node has the keeper, and numbers nodes by their age, from 1.
          long term =
              (cluster.selfMember().upNumber() - 1L) * TERMS_PER_NODE + begun.getAndIncrement();
          return KeeperActor.create(rules, present, term, node -> isThere(cluster, node));
        });
  }

  private static boolean isThere(Cluster cluster, NodeId node) {
    return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
        .anyMatch(member -> id(member.uniqueAddress()).equals(node));
  }

  /** A node's id, by what the cluster knows it. */
  static NodeId id(UniqueAddress address) {
    String hostPort = address.address().hostPort();
    return new NodeId(hostPort.substring(hostPort.indexOf('@') + 1), address.longUid());
  }
}
