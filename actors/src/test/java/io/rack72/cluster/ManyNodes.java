package io.rack72.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.WallClock;
import io.rack72.config.ClusterSettings;
import io.rack72.config.ClusterTiming;
import io.rack72.config.HostPort;
import io.rack72.config.Secret;
import io.rack72.gpu.SequenceEvent;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.rack.NodeParts;
import io.rack72.rack.RackSettings;
import io.rack72.rack.RackView;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.SequenceId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.Props;

/** A rack over a golden checkpoint whose nodes are in one JVM and talk to each other over TCP. */
final class ManyNodes implements AutoCloseable {
  static final long DEADLINE_SECONDS = 60;
  private static final String CHECKPOINT = "tiny";
  private static final GpuProfile GPU =
      new GpuProfile(1L << 30, 900_000_000_000L, 1_000, 1L << 30, 225_000_000_000L);

  private final Checkpoint checkpoint =
      Checkpoint.open(Path.of("../runtime/src/test/resources/golden", CHECKPOINT));
  private final WallClock clock = new WallClock();
  private final Workers workers = new Workers(2);
  private final Numerics numerics = Numerics.exact(checkpoint, workers);
  private final RackSettings settings =
      new RackSettings(
          new RackProfile("test", 18, 4, GPU),
          72,
          72,
          new KvMemory(16, 4 << 20),
          new SchedulerLimits(512, 128, 64, 256, 4096),
          64 << 20,
          2);
  private final int startTrays;
  private final Duration joinTimeout;
  private final List<Node> nodes = new ArrayList<>();
  private final AtomicInteger moves = new AtomicInteger();
  private int sequences;

  /** A node, and what it was told of the rack last. */
  static final class Node {
    private ClusterNode node;
    private RackView view;
    private boolean closed;

    ClusterNode node() {
      return node;
    }

    private synchronized void follow(RackView next) {
      view = next;
      notifyAll();
    }

    /** Waits until the node follows a view like this. */
    synchronized RackView await(Predicate<RackView> wanted) throws InterruptedException {
      long end = System.nanoTime() + SECONDS.toNanos(DEADLINE_SECONDS);
      while (view == null || !wanted.test(view)) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new AssertionError("no such view; the last is " + view);
        }
        wait(left);
      }
      return view;
    }

    void close() {
      if (!closed) {
        closed = true;
        node.close();
      }
    }
  }

  ManyNodes(int startTrays) {
    this(startTrays, Duration.ofSeconds(DEADLINE_SECONDS));
  }

  ManyNodes(int startTrays, Duration joinTimeout) {
    this.startTrays = startTrays;
    this.joinTimeout = joinTimeout;
  }

  /** How often a sequence went on elsewhere. */
  int moves() {
    return moves.get();
  }

  /** Trays {@code from} to {@code to}, exclusive. */
  static List<TrayId> trays(int from, int to) {
    return IntStream.range(from, to).mapToObj(TrayId::new).toList();
  }

  NodeCard card() {
    return new NodeCard(
        "test", "1", checkpoint.fingerprint(), new TreeMap<>(Map.of("rack72.data-parallel", "72")));
  }

  /** A node that listens, and knows one of those that are there already. */
  Node start(List<TrayId> trays, String secret, NodeCard card) {
    return start(
        trays,
        secret,
        card,
        0,
        nodes.stream()
            .filter(other -> !other.closed)
            .map(other -> HostPort.parse(other.node.address()).orElseThrow())
            .toList());
  }

  /**
   * A node that listens.
   *
   * @param port 0 for any
   * @param join nodes that it knows
   */
  Node start(List<TrayId> trays, String secret, NodeCard card, int port, List<HostPort> join) {
    Node node = new Node();
    node.node =
        ClusterNode.start(
            new NodeParts(
                settings, checkpoint, CHECKPOINT, Optional.empty(), numerics, ForwardObserver.NONE),
            new ClusterSettings(
                "test",
                "127.0.0.1",
                port,
                "127.0.0.1",
                port,
                join,
                Optional.of(new Secret(secret)),
                Optional.empty(),
                ClusterTiming.FAST,
                startTrays,
                joinTimeout,
                Duration.ZERO,
                Duration.ofSeconds(DEADLINE_SECONDS),
                16 << 20),
            card,
            trays,
            clock,
            false,
            node::follow);
    nodes.add(node);
    return node;
  }

  /** A node that has asked for its part in the rack. */
  Node enter(List<TrayId> trays, String http) throws InterruptedException {
    Node node = start(trays, "secret", card());
    node.node.join();
    node.node.enter(http);
    return node;
  }

  /** Hands a node's work over, and stops it. */
  static void leave(Node node) throws InterruptedException {
    node.node.leave();
    node.close();
  }

  /** Submits a sequence at a node. */
  CompletableFuture<List<SampledToken>> submit(Node at, int[] prompt) {
    SequenceId id = new SequenceId("test-" + sequences++, 0);
    CompletableFuture<List<SampledToken>> reply = new CompletableFuture<>();
    SamplingParams greedy =
        new SamplingParams(0, 1, 0, 0, 0, 0, 0, 1, Map.of(), 5, 64, 0, Set.of(), true);
    at.node
        .node()
        .system()
        .<SequenceEvent>systemActorOf(
            MovingOwner.create(at.node.node().router(), id, prompt, greedy, reply, moves),
            "owner-" + id.request(),
            Props.empty());
    return reply;
  }

  @Override
  public void close() {
    // All at once: one that is the last needs nobody's leave.
    nodes.parallelStream().forEach(Node::close);
    numerics.close();
    workers.close();
    clock.close();
    checkpoint.close();
  }
}
