package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.typesafe.config.Config;
import io.rack72.clock.Clock;
import io.rack72.config.ClusterSettings;
import io.rack72.config.ClusterTiming;
import io.rack72.config.HostPort;
import io.rack72.config.Secret;
import io.rack72.hardware.TrayId;
import io.rack72.rack.ActorSettings;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeId;
import io.rack72.rack.NodeParts;
import io.rack72.rack.PulseTiming;
import io.rack72.rack.RackView;
import io.rack72.rack.RunningNode;
import java.net.BindException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.slf4j.LoggerFactory;

/** This JVM's node of a rack in many. Thread-safe. */
public final class ClusterNode implements AutoCloseable {
  /** Of all nodes: Pekko's addresses have it in them. */
  private static final String SYSTEM = "rack72";

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);

  /** The longest that {@link #close} takes. */
  public static final Duration STOP_DEADLINE = Duration.ofSeconds(40);

  private static final long LOOK_MILLIS = 20;

  private static final String NOBODY_ANSWERS =
      "That must be the rack72.cluster.port of a node, not its HTTP port, and both need TLS with"
          + " certificates of one CA, or none; lines above may say more";

  /** Doors that a node tries in its time to join, of those that let it in and then do no more. */
  private static final int TRIES = 5;

  private static final Duration LEAST_TRY = Duration.ofSeconds(10);

  private final RunningNode node;
  private final NodeId id;
  private final ClusterSettings settings;
  private final NodeCard card;
  private final Proof proof;

  private ClusterNode(
      RunningNode node, NodeId id, ClusterSettings settings, NodeCard card, Proof proof) {
    this.node = node;
    this.id = id;
    this.settings = settings;
    this.card = card;
    this.proof = proof;
  }

  /**
   * A node that listens, and is in no rack yet.
   *
   * @param trays that it has; none for a gateway only
   * @param faults whether it takes what {@link NodeFaults} bring upon it
   * @param onView see {@link NodeActor.Milestones}
   * @throws io.rack72.config.InvalidConfigException where its certificates are not usable
   * @throws NodeException where it cannot listen
   */
  public static ClusterNode start(
      NodeParts parts,
      ClusterSettings settings,
      NodeCard card,
      List<TrayId> trays,
      Clock clock,
      boolean faults,
      Consumer<RackView> onView) {
    NodeActor.Milestones milestones = new NodeActor.Milestones(onView);
    Proof proof = new Proof(settings.secret().map(Secret::text).orElse(""));
    Optional<TlsDirectory> tls =
        settings.tlsDirectory().map(path -> TlsDirectory.open(path, Instant.now()));
    tls.flatMap(TlsDirectory::doubt)
        .ifPresent(doubt -> LoggerFactory.getLogger(ClusterNode.class).warn(doubt));
    Config config = ClusterConfig.of(settings, tls);
    ActorSystem<NodeActor.Command> system;
    try {
      system =
          ActorSystem.create(
              Behaviors.setup(
                  context ->
                      NodeActor.create(
                          parts,
                          new NodeActor.Identity(
                              idOf(context.getSystem()),
                              trays,
                              Optional.of(pulses(settings.timing()))),
                          clock,
                          ofNode -> {
                            ofNode.spawn(DoorActor.create(card, proof), "door");
                            NodeActor.spawnVital(
                                ofNode,
                                DowningActor.create(
                                    ofNode.getSelf(), stable(settings.timing()), clock),
                                "downing",
                                "what decides who is thrown out of the rack");
                            return ClusterKeeper.proxy(
                                ofNode.getSystem(), parts.rules(settings.startTrays()));
                          },
                          milestones)),
              SYSTEM,
              ActorSettings.system(
                  ActorSettings.layered(
                      parts.settings().computeThreads(),
                      faults ? ClusterConfig.withFaults(config) : config),
                  parts.threads()));
    } catch (RuntimeException e) {
      throw new NodeException(
          "cannot listen on %s port %d for other nodes (rack72.cluster.port): %s"
              .formatted(settings.bindHost(), settings.bindPort(), rootOf(e).getMessage()),
          e);
    }
    return new ClusterNode(RunningNode.of(system, milestones), idOf(system), settings, card, proof);
  }

  private static PulseTiming pulses(ClusterTiming timing) {
    return switch (timing) {
      case SAFE -> new PulseTiming(Duration.ofMillis(500), Duration.ofSeconds(3));
      case FAST -> new PulseTiming(Duration.ofMillis(100), Duration.ofMillis(700));
    };
  }

  private static Duration stable(ClusterTiming timing) {
    return switch (timing) {
      case SAFE -> Duration.ofSeconds(20);
      // Gossip goes round 18 nodes in four to five rounds of 400 ms.
      case FAST -> Duration.ofSeconds(2);
    };
  }

  private static NodeId idOf(ActorSystem<?> system) {
    return ClusterKeeper.id(Cluster.get(system).selfMember().uniqueAddress());
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && !(root instanceof BindException)) {
      root = root.getCause();
    }
    return root;
  }

  /** The node's actors. */
  public RunningNode node() {
    return node;
  }

  /** {@code host:port} by which other nodes reach it. */
  public String address() {
    return id.address();
  }

  /**
   * Joins the rack of {@link ClusterSettings#join}, or begins one where that is empty. Returns when
   * the node is a member.
   *
   * @throws NodeException where it is not let in, or nobody answers in the time that is set
   */
  public void join() throws InterruptedException {
    join(() -> false);
  }

  /**
   * Joins as {@link #join()} does, unless that has become pointless.
   *
   * @param pointless is asked again and again
   * @return whether the node is a member; false where that was pointless first
   * @throws NodeException where it is not let in, or nobody answers in the time that is set
   */
  public boolean join(BooleanSupplier pointless) throws InterruptedException {
    long deadline = System.nanoTime() + settings.joinTimeout().toNanos();
    Cluster cluster = Cluster.get(node.system());
    boolean begins = settings.join().isEmpty();
    // A file for all nodes may name this one too, which would let itself in: into another rack.
    List<HostPort> doors =
        settings.join().stream().filter(door -> !door.toString().equals(id.address())).toList();
    if (!begins && doors.isEmpty()) {
      throw new NodeException(
          "rack72.cluster.join names this node only, %s: name another one of the rack, or none to"
                  .formatted(id.address())
              + " begin a new rack here");
    }
    if (begins) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }
    boolean letIn = begins;
    int knocks = 0;
    long nextKnock = System.nanoTime();
    while (!cluster.selfMember().status().equals(MemberStatus.up())) {
      if (pointless.getAsBoolean()) {
        return false;
      }
      requireTime(deadline, letIn);
      if (begins || isMember(cluster) || System.nanoTime() - nextKnock < 0) {
        Thread.sleep(LOOK_MILLIS);
        continue;
      }
      // Whoever let the node in may be gone before it is a member, or may not be one itself: in
      // time the next is asked.
      HostPort door = doors.get(knocks++ % doors.size());
      Address address = new Address("pekko", SYSTEM, door.host(), door.port());
      if (isLetIn(door, address)) {
        letIn = true;
        cluster.manager().tell(Join.create(address));
        nextKnock = System.nanoTime() + retryNanos();
      }
    }
    return true;
  }

  /** What one door says after the next was tried is not heard, so each has its time. */
  private long retryNanos() {
    return Math.max(LEAST_TRY.toNanos(), settings.joinTimeout().dividedBy(TRIES).toNanos());
  }

  /** Whether some node of the rack has taken this one in, up yet or not. */
  private static boolean isMember(Cluster cluster) {
    return !cluster.selfMember().status().equals(MemberStatus.removed());
  }

  private boolean isLetIn(HostPort door, Address address) throws InterruptedException {
    ActorRef<DoorActor.Command> doorActor =
        ActorRefResolver.get(node.system()).resolveActorRef(address + DoorActor.PATH);
    byte[] counter = new byte[32];
    new SecureRandom().nextBytes(counter);
    try {
      byte[] challenge =
          answered(
                  AskPattern.<DoorActor.Command, DoorActor.Challenge>ask(
                          doorActor, DoorActor.Knock::new, ANSWER_LIMIT, node.system().scheduler())
                      .toCompletableFuture())
              .bytes();
      DoorActor.Verdict verdict =
          answered(
              AskPattern.<DoorActor.Command, DoorActor.Verdict>ask(
                      doorActor,
                      replyTo ->
                          new DoorActor.Enter(
                              card,
                              challenge,
                              proof.of(DoorActor.GUEST, challenge),
                              counter,
                              replyTo),
                      ANSWER_LIMIT,
                      node.system().scheduler())
                  .toCompletableFuture());
      if (verdict.refusal().isPresent()) {
        throw new NodeException(
            "the rack at %s does not let this node in: %s"
                .formatted(door, verdict.refusal().get()));
      }
      if (!proof.holds(verdict.proof(), DoorActor.HOST, counter)) {
        throw new NodeException(
            "what answers at %s does not know the rack's secret".formatted(door));
      }
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static <T> T answered(CompletableFuture<T> answer)
      throws InterruptedException, TimeoutException {
    try {
      return answer.get(ANSWER_LIMIT.toMillis(), MILLISECONDS);
    } catch (ExecutionException e) {
      throw (TimeoutException) new TimeoutException(e.getMessage()).initCause(e);
    }
  }

  private void requireTime(long deadline, boolean letIn) {
    if (System.nanoTime() > deadline) {
      String reason =
          letIn
              ? "the rack has not taken it up"
              : "no node answers at %s (rack72.cluster.join). %s"
                  .formatted(settings.join(), NOBODY_ANSWERS);
      throw new NodeException(
          "not in the rack after %.1f s (rack72.cluster.join-timeout): %s"
              .formatted(settings.joinTimeout().toMillis() / 1e3, reason));
    }
  }

  /**
   * Asks for the node's part in the rack; {@link NodeActor.Milestones#ready} tells when it has it.
   *
   * @param http where its gateway listens; empty where it has none
   */
  public void enter(String http) {
    node.announce(http);
  }

  /**
   * Hands all work over, in the time that is set, and leaves the rack. The node's gateway has
   * closed.
   */
  public void leave() throws InterruptedException {
    node.system().tell(new NodeActor.Leave());
    try {
      node.milestones().mayLeave().get(settings.leaveTimeout().toMillis(), MILLISECONDS);
    } catch (TimeoutException e) {
      node.system()
          .log()
          .warn(
              "{} leaves before its work was handed over: {} s (rack72.cluster.leave-timeout)"
                  + " are over",
              id,
              settings.leaveTimeout().toSeconds());
    } catch (ExecutionException e) {
      throw new IllegalStateException("nothing fails this", e);
    }
  }

  /**
   * Tells the cluster and stops all actors. Each phase of that has its limit; where connections
   * with TLS do not end in time they are left to the end of the process.
   */
  @Override
  public void close() {
    try {
      CoordinatedShutdown.get(node.system())
          .runAll(CoordinatedShutdown.actorSystemTerminateReason())
          .toCompletableFuture()
          .get(STOP_DEADLINE.toMillis(), MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      node.system().log().warn("{} did not stop in order: {}", id, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
