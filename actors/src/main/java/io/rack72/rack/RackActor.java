package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.fabric.PortActor;
import io.rack72.gpu.GpuActor;
import io.rack72.gpu.GpuParts;
import io.rack72.gpu.GpuStatus;
import io.rack72.hardware.GpuId;
import io.rack72.routing.RouterActor;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * The rack as a whole.
 *
 * <p><b>Owns</b> its GPUs, their ports and the router, and what each GPU last said of itself.
 * <b>Receives</b> that, and questions about the rack. <b>Sends</b> each port its peers, once. <b>On
 * failure</b> of a GPU, a port or the router, the rack can no longer compute: it tells the router,
 * which ends all sequences with an error, and reports ill health.
 */
public final class RackActor extends AbstractBehavior<RackActor.Command> {
  /** What a rack takes. */
  public sealed interface Command {}

  /** Tell the state of every GPU. */
  public record Report(ActorRef<RackStatus> replyTo) implements Command {}

  /** Tell whether the rack can compute: empty, or one sentence that says what is wrong. */
  public record Health(ActorRef<Optional<String>> replyTo) implements Command {}

  /** Tell where sequences are submitted. */
  public record FindRouter(ActorRef<ActorRef<RouterActor.Command>> replyTo) implements Command {}

  private record Posted(GpuStatus gpu) implements Command {}

  private record Lost(String actor, Optional<GpuId> port) implements Command {}

  private static final String WELL = "ok";

  private final RackStatus about;
  private final NavigableMap<GpuId, ActorRef<PortActor.Command>> ports = new TreeMap<>();
  private final NavigableMap<GpuId, GpuStatus> gpus = new TreeMap<>();
  private final ActorRef<RouterActor.Command> router;
  private String health = WELL;

  /**
   * A rack that is ready to take sequences.
   *
   * @param about its status, as yet without GPUs
   * @param gpu makes the parts of each GPU
   */
  public static Behavior<Command> create(
      RackSettings settings, RackStatus about, Clock clock, Function<GpuId, GpuParts> gpu) {
    return Behaviors.setup(context -> new RackActor(context, settings, about, clock, gpu));
  }

  private RackActor(
      ActorContext<Command> context,
      RackSettings settings,
      RackStatus about,
      Clock clock,
      Function<GpuId, GpuParts> parts) {
    super(context);
    this.about = about;
    int peers = settings.profile().gpuCount() - 1;
    ActorRef<GpuStatus> board = context.messageAdapter(GpuStatus.class, Posted::new);
    NavigableMap<GpuId, ActorRef<GpuActor.Command>> attending = new TreeMap<>();
    for (GpuId id : settings.profile().gpus()) {
      GpuParts partsOfGpu = parts.apply(id);
      // A report that is asked for before the GPU has said anything is whole all the same.
      gpus.put(id, GpuStatus.atStart(partsOfGpu));
      ActorRef<PortActor.Command> port =
          context.spawn(
              PortActor.create(
                  id, settings.profile().gpu(), settings.portWindowBytes(), peers, clock),
              "port-" + id.index());
      ActorRef<GpuActor.Command> gpu =
          context.spawn(
              GpuActor.create(partsOfGpu, port, board, clock),
              id.toString(),
              DispatcherSelector.fromConfig("rack72-gpu-dispatcher"));
      context.watchWith(port, new Lost("the port of " + id, Optional.of(id)));
      context.watchWith(gpu, new Lost(id.toString(), Optional.empty()));
      ports.put(id, port);
      if (id.index() < settings.dataParallel()) {
        attending.put(id, gpu);
      }
    }
    NavigableMap<GpuId, ActorRef<PortActor.Command>> all = new TreeMap<>(ports);
    ports.values().forEach(port -> port.tell(new PortActor.Connect(all)));
    router = context.spawn(RouterActor.create(attending, settings.kv()), "router");
    context.watchWith(router, new Lost("the router", Optional.empty()));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Posted(GpuStatus gpu) -> gpus.put(new GpuId(gpu.gpu()), gpu);
      case Report(ActorRef<RackStatus> replyTo) ->
          getContext()
              .spawnAnonymous(
                  StatusCollector.create(
                      about.with(health, List.of()), gpus, ports.values(), replyTo));
      case Health(ActorRef<Optional<String>> replyTo) ->
          replyTo.tell(Optional.of(health).filter(state -> !state.equals(WELL)));
      case FindRouter(ActorRef<ActorRef<RouterActor.Command>> replyTo) -> replyTo.tell(router);
      case Lost(String actor, Optional<GpuId> port) -> {
        port.ifPresent(ports::remove);
        health = actor + " has failed; its log says why; restart the rack";
        router.tell(new RouterActor.RackLost(health));
      }
    }
    return this;
  }
}
