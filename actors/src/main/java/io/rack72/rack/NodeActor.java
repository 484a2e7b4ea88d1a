package io.rack72.rack;

import io.rack72.clock.Clock;
import io.rack72.fabric.Link;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortState;
import io.rack72.fabric.TrunkMessage;
import io.rack72.fault.Fault;
import io.rack72.gpu.GpuActor;
import io.rack72.gpu.GpuParts;
import io.rack72.gpu.GpuStatus;
import io.rack72.gpu.PlacementStep;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.TrayId;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The part of the rack that is in this JVM: all of it, or some trays, or a gateway's router only.
 *
 * <p><b>Owns</b> the GPUs of its trays, their ports, the trunks to other JVMs and the router of its
 * gateway, and what each GPU last said of itself. <b>Receives</b> the keeper's orders, how far its
 * GPUs are with them, and questions about the rack. <b>Sends</b> the keeper its own state, the
 * ports how to reach each other, the GPUs their placement and the router the GPUs that take
 * sequences; to other nodes a pulse, and to its own parts whose pulse it does not hear. <b>On
 * failure</b> of a GPU or its port the GPU's tray takes no part any more, and the others go on. Of
 * its last tray, of a trunk, of the router or of what is as vital this part can no longer compute:
 * it tells the router, which ends all sequences with an error, and reports ill health; among others
 * it stops, so that they see it gone.
 */
public final class NodeActor extends AbstractBehavior<NodeActor.Command> {
  /** How often a node among others tells that it is there. */
  private static final Duration PRESENCE = Duration.ofSeconds(1);

  /** What a node takes. */
  public sealed interface Command
      permits NodeOrder,
          Own,
          Pulse,
          Report,
          TellHeard,
          Health,
          FindRouter,
          FollowGateways,
          Announce,
          Leave,
          Suffer {}

  /** Tell the state of the whole rack. */
  public record Report(ActorRef<RackStatus> replyTo) implements Command {}

  /**
   * Tell who hears whom.
   *
   * @param members that are or come to be nodes of the rack, in a view or not; they are heard from
   *     now on
   */
  public record TellHeard(Set<NodeId> members, ActorRef<Heard> replyTo) implements Command {
    public TellHeard {
      members = Set.copyOf(members);
    }
  }

  /** Tell whether the rack can compute: empty, or one sentence that says what is wrong. */
  public record Health(ActorRef<Optional<String>> replyTo) implements Command {}

  /** Tell where sequences are submitted. */
  public record FindRouter(ActorRef<ActorRef<RouterActor.Command>> replyTo) implements Command {}

  /**
   * Tell, now and whenever it changes, which other nodes have gateways.
   *
   * @param told in the order of their ids, those behind this node's first, so that each node comes
   *     first for one other; by a thread that must not be kept
   */
  public record FollowGateways(Consumer<List<NodeId>> told) implements Command {}

  /**
   * Ask to be let into the rack.
   *
   * @param http where the node's gateway listens; empty where it has none
   */
  public record Announce(String http) implements Command {}

  /** Hand all work over to others; the node's gateway, if any, has closed. */
  public record Leave() implements Command {}

  /**
   * A part of this node is to be at fault.
   *
   * @param seed of what the fault leaves to chance
   * @param replyTo told why that cannot be, or nothing
   */
  public record Suffer(Fault.OfParts fault, long seed, ActorRef<Optional<String>> replyTo)
      implements Command {}

  /** What a node tells itself. */
  sealed interface Own extends Command {}

  private record Posted(GpuStatus gpu) implements Own {}

  private record Paced(PortState port) implements Own {}

  private record Stepped(PlacementStep step) implements Own {}

  private record Lost(String actor, Optional<GpuId> gpu) implements Own {}

  private record Beat() implements Own {}

  private record Presence() implements Own {}

  /**
   * What this node is.
   *
   * @param trays that it has, ascending
   * @param pulses that it and the other nodes give each other; none where there are no others, and
   *     never will be
   */
  public record Identity(NodeId id, List<TrayId> trays, Optional<PulseTiming> pulses) {
    boolean alone() {
      return pulses.isEmpty();
    }

    /** Of a rack in one JVM. */
    public static Identity whole(RackSettings settings) {
      return new Identity(NodeId.LOCAL, settings.profile().allTrays(), Optional.empty());
    }
  }

  /**
   * What becomes of a node.
   *
   * @param ready done with the first view, when sequences are computed; fails where the node is not
   *     let in, with {@link NotLetInException}
   * @param mayLeave done when nobody needs the node any more
   * @param onView told of each view that the node follows, by a thread that must not be kept
   */
  public record Milestones(
      CompletableFuture<RackView> ready,
      CompletableFuture<Void> mayLeave,
      Consumer<RackView> onView) {
    /** Of a node whose views nobody watches. */
    public Milestones() {
      this(_ -> {});
    }

    /** Of a node whose views somebody watches. */
    public Milestones(Consumer<RackView> onView) {
      this(new CompletableFuture<>(), new CompletableFuture<>(), onView);
    }
  }

  /** The rack does not let the node in. The message is the reason. */
  public static final class NotLetInException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotLetInException(String reason) {
      super(reason);
    }
  }

  private static final String WELL = "ok";

  private final LongAdder dropped = new LongAdder();
  private final NodeParts parts;
  private final RackSettings settings;
  private final Identity identity;
  private final Clock clock;
  private final Milestones milestones;
  private final ActorRef<KeeperActor.Command> keeper;
  private final ActorRef<PlacementStep> steps;
  private final ActorRef<RouterActor.Command> router;
  private final NavigableMap<GpuId, ActorRef<PortActor.Command>> ports = new TreeMap<>();
  private final NavigableMap<GpuId, ActorRef<GpuActor.Command>> gpus = new TreeMap<>();
  private final NavigableMap<GpuId, GpuStatus> posted = new TreeMap<>();
  private final FollowedViews views;
  // GPUs that are not done yet with the last view's latest step.
  private final Set<GpuId> stepping = new HashSet<>();
  private final Peers peers;
  private final Trunks trunks;
  private final PartFaults partFaults;
  private final Reach reach;
  // What the node's parts were told last.
  private Reach.Verdict verdict = Reach.Verdict.ALL_WELL;
  private final List<Consumer<List<NodeId>>> gatewayFollowers = new ArrayList<>();
  private String http = "";
  private boolean announced;
  private boolean leaving;
  private String trouble = WELL;
  // Why the rack computes nothing until its next view; empty where it does.
  private String noRoom = "";

  /**
   * A node that waits to be announced.
   *
   * @param parts of which it is made
   * @param keeper finds the rack's keeper
   */
  public static Behavior<Command> create(
      NodeParts parts,
      Identity identity,
      Clock clock,
      Function<ActorContext<Command>, ActorRef<KeeperActor.Command>> keeper,
      Milestones milestones) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new NodeActor(context, timers, parts, identity, clock, keeper, milestones)));
  }

  /**
   * Begins a part without which a node is not to go on: if it fails or stops, the node does as for
   * its router.
   *
   * @param what the part is, for those who read that it has failed
   */
  public static <T> ActorRef<T> spawnVital(
      ActorContext<Command> node, Behavior<T> part, String name, String what) {
    ActorRef<T> vital = node.spawn(part, name);
    node.watchWith(vital, new Lost(what, Optional.empty()));
    return vital;
  }

  private NodeActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      NodeParts parts,
      Identity identity,
      Clock clock,
      Function<ActorContext<Command>, ActorRef<KeeperActor.Command>> keeper,
      Milestones milestones) {
    super(context);
    this.parts = parts;
    this.settings = parts.settings();
    this.identity = identity;
    this.clock = clock;
    this.milestones = milestones;
    steps = context.messageAdapter(PlacementStep.class, Stepped::new);
    views = new FollowedViews(identity.id(), settings.profile());
    reach = new Reach(identity.id(), identity.pulses());
    peers = new Peers(context.getSystem());
    trunks =
        new Trunks(
            context,
            identity.id(),
            peers,
            ports,
            settings.trunkWindowBytes(),
            parts.wireLimits(),
            clock,
            this::trunkMade);
    context.spawn(DroppedMessages.create(dropped), "dropped");
    partFaults = new PartFaults(context, clock, gpus, ports, trunks.all());
    identity.trays().stream()
        .flatMap(tray -> settings.profile().gpusOf(tray).stream())
        .forEach(gpu -> start(parts.gpu(gpu)));
    router =
        context.spawn(
            RouterActor.create(settings.profile().gpuCount(), settings.kv(), firstOfEquals()),
            "router");
    context.watchWith(router, new Lost("the router", Optional.empty()));
    this.keeper = keeper.apply(context);
    identity
        .pulses()
        .ifPresent(
            timing -> {
              timers.startTimerWithFixedDelay(new Presence(), PRESENCE);
              timers.startTimerWithFixedDelay(new Beat(), timing.pulse());
            });
  }

  /** Gateways know nothing of each other's sequences, and begin each with the GPUs beside it. */
  private int firstOfEquals() {
    return gpus.isEmpty() ? 0 : gpus.firstKey().index();
  }

  private void start(GpuParts gpuParts) {
    ActorContext<Command> context = getContext();
    GpuId id = gpuParts.id();
    // A report that is asked for before the GPU has said anything is whole all the same.
    posted.put(id, GpuStatus.atStart(gpuParts));
    ActorRef<PortActor.Command> port =
        context.spawn(
            PortActor.create(
                id,
                settings.profile().gpu(),
                settings.portWindowBytes(),
                settings.profile().gpuCount() - 1,
                settings.hedge().slowPort(),
                context.messageAdapter(PortState.class, Paced::new),
                clock),
            "port-" + id.index());
    ActorRef<GpuStatus> board = context.messageAdapter(GpuStatus.class, Posted::new);
    ActorRef<GpuActor.Command> gpu =
        context.spawn(
            // No GPU begins anew in the same run of its JVM.
            GpuActor.create(gpuParts, Long.hashCode(identity.id().run()), port, board, clock),
            id.toString(),
            DispatcherSelector.fromConfig("rack72-gpu-dispatcher"));
    context.watchWith(port, new Lost("the port of " + id, Optional.of(id)));
    context.watchWith(gpu, new Lost(id.toString(), Optional.of(id)));
    ports.put(id, port);
    gpus.put(id, gpu);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case NodeOrder.Prepare(RackView view) -> prepare(view);
      case NodeOrder.Commit(long epoch, Set<GpuId> lost) -> commit(epoch, lost);
      case NodeOrder.Release(long epoch) -> release(epoch);
      case NodeOrder.NoRoom(String reason) -> {
        noRoom = reason;
        router.tell(new RouterActor.RackLost(reason));
      }
      case NodeOrder.Refuse(String reason) when views.committed().isPresent() -> shutOut(reason);
      case NodeOrder.Refuse(String reason) -> {
        milestones.ready().completeExceptionally(new NotLetInException(reason));
        // One that is not in the rack is not needed there.
        milestones.mayLeave().complete(null);
      }
      case NodeOrder.MayLeave() -> milestones.mayLeave().complete(null);
      case NodeOrder.Report(ActorRef<NodeReport> replyTo) ->
          getContext()
              .spawnAnonymous(
                  NodeReporter.create(
                      identity.id(),
                      Set.copyOf(reach.failedTrays()),
                      reach.silent(clock.nowNanos()),
                      dropped.sum(),
                      posted,
                      ports.values(),
                      trunks.all().values(),
                      replyTo));
      case Pulse pulse -> heard(pulse);
      // What a GPU said last may come when its tray is out already.
      case Posted(GpuStatus gpu) -> posted.replace(new GpuId(gpu.gpu()), gpu);
      case Paced(PortState port) when ports.containsKey(port.gpu()) -> {
        reach.pace(port);
        tellWhoIsOut();
        pulse();
      }
      case Paced _ -> {}
      case Stepped(PlacementStep step) -> stepped(step);
      case Lost(String actor, Optional<GpuId> gpu) -> fail(actor, gpu);
      case Beat() -> beat();
      case Presence() -> tellPresence();
      case TellHeard(Set<NodeId> members, ActorRef<Heard> replyTo) -> {
        reach.meet(members, clock.nowNanos());
        tellWhoIsOut();
        replyTo.tell(reach.heard(clock.nowNanos()));
      }
      case Report(ActorRef<RackStatus> replyTo) -> report(replyTo);
      case Health(ActorRef<Optional<String>> replyTo) ->
          replyTo.tell(Optional.of(health()).filter(state -> !state.equals(WELL)));
      case FindRouter(ActorRef<ActorRef<RouterActor.Command>> replyTo) -> replyTo.tell(router);
      case FollowGateways(Consumer<List<NodeId>> told) -> {
        gatewayFollowers.add(told);
        views.committed().ifPresent(view -> told.accept(view.gatewaysBehind(identity.id())));
      }
      case Announce(String newHttp) -> {
        http = newHttp;
        announced = true;
        tellPresence();
      }
      case Leave() -> {
        leaving = true;
        tellPresence();
      }
      case Suffer(Fault.OfParts fault, long seed, ActorRef<Optional<String>> replyTo) ->
          replyTo.tell(partFaults.suffer(fault, seed));
    }
    return this;
  }

  private void tellPresence() {
    if (announced) {
      keeper.tell(
          new KeeperActor.Present(
              new NodeState(
                  identity.id(),
                  reach.working(identity.trays()),
                  http,
                  !http.isEmpty() && !leaving,
                  leaving,
                  views.lastEpoch(),
                  views.committed(),
                  views.oldestEpoch(),
                  !noRoom.isEmpty()),
              getContext().getSelf()));
    }
  }

  private void prepare(RackView view) {
    if (views.isLast(view.epoch()) && !views.lastIsCommitted()) {
      tellPrepared();
      return;
    }
    if (!views.prepare(view)) {
      return;
    }
    follow();
    connect();
    stepping.clear();
    stepping.addAll(gpus.keySet());
    gpus.values().forEach(gpu -> gpu.tell(new GpuActor.Prepare(view.placement(), steps)));
    tellPrepared();
  }

  /** Tells it once it is so, and again where the keeper has not heard it. */
  private void tellPrepared() {
    if (stepping.isEmpty()) {
      keeper.tell(new KeeperActor.Prepared(identity.id(), views.lastEpoch()));
    }
  }

  private void tellSettled() {
    if (stepping.isEmpty()) {
      keeper.tell(new KeeperActor.Settled(identity.id(), views.lastEpoch()));
    }
  }

  private void commit(long epoch, Set<GpuId> newlyLost) {
    if (!views.isLast(epoch)) {
      return;
    }
    if (views.lastIsCommitted()) {
      tellSettled();
      return;
    }
    RackView view = views.commit(epoch, newlyLost);
    noRoom = "";
    // Before the GPUs begin anew what waits for those that are lost.
    connect();
    stepping.clear();
    stepping.addAll(gpus.keySet());
    gpus.values().forEach(gpu -> gpu.tell(new GpuActor.Commit(epoch, newlyLost, steps)));
    SortedMap<GpuId, ActorRef<GpuActor.Command>> attending = new TreeMap<>();
    SortedMap<GpuId, NodeId> nodes = view.nodes(settings.profile());
    for (GpuId gpu : view.placement().attending()) {
      gpu(gpu, nodes.get(gpu)).ifPresent(there -> attending.put(gpu, there));
    }
    router.tell(new RouterActor.Route(attending, newlyLost));
    follow();
    milestones.onView().accept(view);
    List<NodeId> gateways = view.gatewaysBehind(identity.id());
    gatewayFollowers.forEach(told -> told.accept(gateways));
    milestones.ready().complete(view);
    tellSettled();
  }

  private void release(long epoch) {
    if (!views.isLast(epoch)) {
      return;
    }
    views.releaseBefore(epoch);
    follow();
    connect();
    trunks.stopUnused(views.placed().values());
    gpus.values().forEach(gpu -> gpu.tell(new GpuActor.Release(epoch)));
  }

  private void stepped(PlacementStep step) {
    if (!views.isLast(step.epoch()) || !stepping.remove(step.gpu())) {
      return;
    }
    switch (step) {
      case PlacementStep.Prepared _ -> tellPrepared();
      case PlacementStep.Settled _ -> tellSettled();
    }
  }

  /** Tells each port how to reach all others of the views that are followed. */
  private void connect() {
    NavigableMap<GpuId, Link> links = new TreeMap<>();
    views
        .reachable()
        .forEach(
            (gpu, node) -> {
              if (!node.equals(identity.id())) {
                // A gateway has no port, and needs no trunk.
                if (!ports.isEmpty()) {
                  links.put(gpu, new Link.Far(trunks.to(node)));
                }
              } else if (ports.containsKey(gpu)) {
                links.put(gpu, new Link.Near(ports.get(gpu)));
              }
            });
    ports.values().forEach(port -> port.tell(new PortActor.Connect(links)));
  }

  private void trunkMade(NodeId to, ActorRef<TrunkMessage> trunk) {
    getContext().watchWith(trunk, new Lost("the trunk to " + to, Optional.empty()));
    partFaults.newTrunk(to, trunk);
  }

  /** A GPU of a view, unless it has failed here since. */
  private Optional<ActorRef<GpuActor.Command>> gpu(GpuId gpu, NodeId node) {
    return node.equals(identity.id())
        ? Optional.ofNullable(gpus.get(gpu))
        : Optional.of(peers.resolve(node, "/user/" + gpu));
  }

  /**
   * The others follow views without this node, and do not answer it. Its streams break off as it
   * ends, and go on at other gateways; an error would be their end.
   */
  private void shutOut(String reason) {
    trouble = "this JVM is not in the rack any more: " + reason;
    getContext().getLog().error(trouble);
    getContext().getSystem().terminate();
  }

  private void fail(String actor, Optional<GpuId> gpu) {
    if (gpu.isPresent() && goesOnWithout(settings.profile().trayOf(gpu.get()), actor)) {
      return;
    }
    trouble = actor + " has failed; its log says why; restart the rack";
    if (identity.alone()) {
      router.tell(new RouterActor.RackLost(trouble));
    } else {
      getContext().getLog().error("{}: this JVM leaves the rack", trouble);
      getContext().getSystem().terminate();
    }
  }

  /**
   * Takes a tray out, of which a part has failed. Nothing else is harmed: its experts are pure, its
   * sequences their gateways'.
   *
   * @return whether this node has others
   */
  private boolean goesOnWithout(TrayId tray, String actor) {
    for (GpuId gpu : settings.profile().gpusOf(tray)) {
      stepping.remove(gpu);
      posted.remove(gpu);
      stopPart(gpus.remove(gpu));
      stopPart(ports.remove(gpu));
    }
    reach.fail(tray);
    if (gpus.isEmpty()) {
      // The others hear it now, and need not find out by this node's silence.
      pulse();
      return false;
    }
    getContext()
        .getLog()
        .error("{} has failed, and its log says why: {} takes no part any more", actor, tray);
    connect();
    tellWhoIsOut();
    pulse();
    tellPresence();
    // It may have been the last that all waited for.
    if (views.lastIsCommitted()) {
      tellSettled();
    } else if (!views.isEmpty()) {
      tellPrepared();
    }
    return true;
  }

  private void stopPart(ActorRef<?> part) {
    if (part != null) {
      getContext().unwatch(part);
      getContext().stop(part);
    }
  }

  private void follow() {
    reach.follow(views.others(), clock.nowNanos());
    tellWhoIsOut();
  }

  private void beat() {
    reach.beat(clock.nowNanos()).ifPresent(this::tellOthers);
    if (reach.look(clock.nowNanos())) {
      tellWhoIsOut();
    }
  }

  private void pulse() {
    tellOthers(reach.pulse(clock.nowNanos()));
  }

  private void tellOthers(Pulse pulse) {
    reach.others().forEach(node -> peers.node(node).tell(pulse));
  }

  private void heard(Pulse pulse) {
    if (reach.heard(pulse, clock.nowNanos())) {
      tellWhoIsOut();
    }
  }

  /** Tells the node's parts which GPUs they are not to rely on, if that has changed. */
  private void tellWhoIsOut() {
    if (views.committed().isEmpty()) {
      return;
    }
    Reach.Verdict now =
        reach.verdict(
            views.placed(), views.committed().get().nodeIds(), settings.profile(), views.lost());
    if (now.equals(verdict)) {
      return;
    }
    getContext()
        .getLog()
        .info(
            "out: {}, slow: {}{}",
            now.out(),
            now.slow(),
            now.hold() ? "; this smaller part of the rack waits" : "");
    boolean moreAreOut = !verdict.out().containsAll(now.out());
    verdict = now;
    ports.values().forEach(port -> port.tell(new PortActor.GiveUp(now.out())));
    gpus.values().forEach(gpu -> gpu.tell(new GpuActor.Avoid(now.out(), now.slow(), now.hold())));
    router.tell(new RouterActor.Avoid(now.out(), now.slow()));
    if (moreAreOut) {
      // Those that are thought silent and are not must not wait for answers that they will not get.
      pulse();
    }
  }

  private String health() {
    if (verdict.hold()) {
      return "this JVM does not hear the larger part of the rack, and waits for it";
    }
    if (trouble.equals(WELL) && !noRoom.isEmpty()) {
      return noRoom;
    }
    if (!trouble.equals(WELL) || views.committed().isPresent()) {
      return trouble;
    }
    return "the rack is not whole yet";
  }

  private void report(ActorRef<RackStatus> replyTo) {
    List<Member> members =
        views
            .committed()
            .map(RackView::members)
            .orElseGet(() -> List.of(new Member(identity.id(), List.of(), http)));
    Map<NodeId, ActorRef<Command>> nodes = new TreeMap<>();
    for (Member member : members) {
      nodes.put(
          member.id(),
          member.id().equals(identity.id()) ? getContext().getSelf() : peers.node(member.id()));
    }
    long epoch = views.committed().map(RackView::epoch).orElse(0L);
    getContext()
        .spawnAnonymous(
            RackReporter.create(parts.about().with(epoch, health()), members, nodes, replyTo));
  }
}
