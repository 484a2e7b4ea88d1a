package io.rack72.cluster;

import io.rack72.rack.Keeper;
import io.rack72.rack.KeeperActor;
import io.rack72.rack.NodeId;
import java.util.List;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
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
  private ClusterKeeper() {}

  /** How any node reaches the keeper, wherever it is; it may be this node's at any time. */
  static ActorRef<KeeperActor.Command> proxy(ActorSystem<?> system, Keeper.Rules rules) {
    return ClusterSingleton.get(system).init(SingletonActor.of(vital(watching(rules)), "keeper"));
  }

  /**
   * Where the keeper fails its node leaves the rack, so that the next oldest has one: Pekko would
   * leave the rack without.
   */
  private static Behavior<KeeperActor.Command> vital(Behavior<KeeperActor.Command> keeper) {
    return Behaviors.setup(
        context -> {
          ActorRef<KeeperActor.Command> child = context.spawn(keeper, "decider");
          context.watch(child);
          return Behaviors.receive(KeeperActor.Command.class)
              .onAnyMessage(
                  command -> {
                    child.tell(command);
                    return Behaviors.same();
                  })
              .onSignal(
                  Terminated.class,
                  _ -> {
                    context
                        .getLog()
                        .error("the keeper of the rack has failed: this JVM leaves the rack");
                    context.getSystem().terminate();
                    return Behaviors.stopped();
                  })
              .build();
        });
  }

  private static Behavior<KeeperActor.Command> watching(Keeper.Rules rules) {
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
          return KeeperActor.create(
              rules, present, cluster.selfMember().upNumber() - 1L, node -> isThere(cluster, node));
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
