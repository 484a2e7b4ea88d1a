package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.TrunkMessage;
import io.rack72.fault.Fault;
import io.rack72.fault.Noise;
import io.rack72.gpu.GpuActor;
import io.rack72.hardware.GpuId;
import io.rack72.wire.TrunkActor;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/** Brings faults upon the parts of one node, whose actor alone uses it. */
final class PartFaults {
  private final ActorContext<?> node;
  private final Clock clock;
  private final Map<GpuId, ActorRef<GpuActor.Command>> gpus;
  private final Map<GpuId, ActorRef<PortActor.Command>> ports;
  private final Map<NodeId, ActorRef<TrunkMessage>> trunks;
  private Optional<Noisy> noisy = Optional.empty();

  private record Noisy(Fault.FabricNoise fault, long seed, long untilNanos) {}

  /** The maps are the node's own, and change with it. */
  PartFaults(
      ActorContext<?> node,
      Clock clock,
      Map<GpuId, ActorRef<GpuActor.Command>> gpus,
      Map<GpuId, ActorRef<PortActor.Command>> ports,
      Map<NodeId, ActorRef<TrunkMessage>> trunks) {
    this.node = node;
    this.clock = clock;
    this.gpus = gpus;
    this.ports = ports;
    this.trunks = trunks;
  }

  /**
   * Brings it about.
   *
   * @return why it cannot be, or nothing
   */
  Optional<String> suffer(Fault.OfParts fault, long seed) {
    return switch (fault) {
      case Fault.GpuFailure(GpuId gpu) -> {
        ActorRef<GpuActor.Command> part = gpus.get(gpu);
        if (part == null) {
          yield notHere(gpu);
        }
        node.getLog().warn("{} fails, as it was told to", gpu);
        // To those who watch it there is no difference to a GPU that has failed by itself.
        node.stop(part);
        yield Optional.empty();
      }
      case Fault.PortBandwidth slow -> {
        ActorRef<PortActor.Command> port = ports.get(slow.gpu());
        if (port == null) {
          yield notHere(slow.gpu());
        }
        port.tell(new PortActor.Slow(slow.factor(), slow.length()));
        yield Optional.empty();
      }
      case Fault.FabricNoise noise -> {
        noisy = Optional.of(new Noisy(noise, seed, clock.nowNanos() + noise.length().toNanos()));
        trunks.forEach(this::newTrunk);
        yield Optional.empty();
      }
    };
  }

  /** A trunk that is new suffers what the others do. */
  void newTrunk(NodeId to, ActorRef<TrunkMessage> trunk) {
    noisy.ifPresent(
        noise ->
            trunk.tell(
                new TrunkActor.Disturb(
                    new Noise(noise.fault, noise.seed ^ to.run()), noise.untilNanos)));
  }

  private static Optional<String> notHere(GpuId gpu) {
    return Optional.of(gpu + " is not in this JVM");
  }
}
