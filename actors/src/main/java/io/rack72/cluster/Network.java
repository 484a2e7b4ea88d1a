package io.rack72.cluster;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.remote.RemoteActorRefProvider;
import org.apache.pekko.remote.RemoteTransport;
import org.apache.pekko.remote.transport.ThrottlerTransportAdapter;

/**
 * The connections of one node to the others, which can be cut. Needs a transport in its test mode;
 * see {@link ClusterConfig#withFaults}. Thread-safe.
 */
// Pekko's way to cut connections is named after a transport that is deprecated, which Artery is
// not.
@SuppressWarnings("deprecation")
final class Network {
  private final ActorSystem<?> system;
  private final RemoteTransport transport;

  Network(ActorSystem<?> system) {
    this.system = system;
    ExtendedActorSystem classic = (ExtendedActorSystem) Adapter.toClassic(system);
    transport = ((RemoteActorRefProvider) classic.provider()).transport();
  }

  /** Cuts what this node has to do with a partition, and heals it when its time is over. */
  void cut(FaultOrder order, Fault.Partition partition) {
    boolean inside = partition.nodes().contains(order.node());
    ThrottlerTransportAdapter.Direction direction = direction(partition.direction(), inside);
    List<Address> others = new ArrayList<>();
    for (int node = 0; node < order.addresses().size(); node++) {
      String address = order.addresses().get(node);
      if (partition.nodes().contains(node) != inside && !address.isEmpty()) {
        int colon = address.lastIndexOf(':');
        others.add(
            new Address(
                "pekko",
                system.name(),
                address.substring(0, colon),
                Integer.parseInt(address.substring(colon + 1))));
      }
    }
    system.log().warn("the network to {} is cut ({})", others, partition.direction());
    set(others, direction, ThrottlerTransportAdapter.blackholeThrottleMode());
    system
        .scheduler()
        .scheduleOnce(
            partition.length(),
            () -> {
              set(others, direction, ThrottlerTransportAdapter.unthrottledThrottleMode());
              system.log().warn("the network to {} is healed", others);
            },
            system.executionContext());
  }

  private void set(
      List<Address> others,
      ThrottlerTransportAdapter.Direction direction,
      ThrottlerTransportAdapter.ThrottleMode mode) {
    others.forEach(
        other ->
            transport.managementCommand(
                new ThrottlerTransportAdapter.SetThrottle(other, direction, mode)));
  }

  /** As this node sees it. */
  private static ThrottlerTransportAdapter.Direction direction(
      Fault.Direction direction, boolean inside) {
    boolean receives = inside == (direction == Fault.Direction.INTO);
    return switch (direction) {
      case BOTH -> ThrottlerTransportAdapter.bothDirection();
      case INTO, OUT_OF ->
          receives
              ? ThrottlerTransportAdapter.receiveDirection()
              : ThrottlerTransportAdapter.sendDirection();
    };
  }
}
