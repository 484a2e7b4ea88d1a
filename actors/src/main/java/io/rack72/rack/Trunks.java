package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.fabric.Carry;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.TrunkMessage;
import io.rack72.hardware.GpuId;
import io.rack72.wire.TrunkActor;
import io.rack72.wire.WireLimits;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** A node's trunks to other nodes, each of which is made when it is first needed. */
final class Trunks {
  private final ActorContext<?> context;
  private final NodeId self;
  private final Peers peers;
  private final Map<GpuId, ActorRef<PortActor.Command>> ports;
  private final int windowBytes;
  private final WireLimits limits;
  private final Clock clock;
  private final BiConsumer<NodeId, ActorRef<TrunkMessage>> made;
  private final Map<NodeId, ActorRef<TrunkMessage>> trunks = new TreeMap<>();
  // Nodes of the views that were followed after the release before.
  private final Set<NodeId> usedBefore = new HashSet<>();

  /**
   * @param context of the node, whose children they are
   * @param ports of the node; the map is its own, and changes with it
   * @param windowBytes that may be under way in each
   * @param made is told of each new one
   */
  Trunks(
      ActorContext<?> context,
      NodeId self,
      Peers peers,
      Map<GpuId, ActorRef<PortActor.Command>> ports,
      int windowBytes,
      WireLimits limits,
      Clock clock,
      BiConsumer<NodeId, ActorRef<TrunkMessage>> made) {
    this.context = context;
    this.self = self;
    this.peers = peers;
    this.ports = ports;
    this.windowBytes = windowBytes;
    this.limits = limits;
    this.clock = clock;
    this.made = made;
  }

  /** The trunk to a node. */
  ActorRef<Carry> to(NodeId node) {
    return trunks.computeIfAbsent(node, this::make).narrow();
  }

  /** All there are now. */
  Map<NodeId, ActorRef<TrunkMessage>> all() {
    return trunks;
  }

  private ActorRef<TrunkMessage> make(NodeId node) {
    ActorRef<TrunkMessage> trunk =
        context.spawn(
            TrunkActor.create(
                new TrunkActor.Ends(
                    self.run(),
                    node.run(),
                    node.address(),
                    peers.resolve(node, "/user/" + name(self)),
                    new TreeMap<>(ports),
                    windowBytes),
                limits,
                clock),
            name(node));
    made.accept(node, trunk);
    return trunk;
  }

  private static String name(NodeId node) {
    return "trunk-" + Long.toHexString(node.run());
  }

  /**
   * Stops the trunks to nodes that have been in no view for two releases. One that comes back at
   * once, as a tray does whose JVM was mistaken for its predecessor, finds its trunk as it was: the
   * other end counts on.
   *
   * @param used nodes of the views that are followed
   */
  void stopUnused(Collection<NodeId> used) {
    for (NodeId node : List.copyOf(trunks.keySet())) {
      if (!used.contains(node) && !usedBefore.contains(node)) {
        ActorRef<TrunkMessage> trunk = trunks.remove(node);
        context.unwatch(trunk);
        context.stop(trunk);
      }
    }
    usedBefore.clear();
    usedBefore.addAll(used);
  }
}
