package io.rack72.cluster;

import static io.rack72.cluster.ManyNodes.DEADLINE_SECONDS;
import static io.rack72.cluster.ManyNodes.trays;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.cluster.ManyNodes.Node;
import io.rack72.config.HostPort;
import io.rack72.hardware.TrayId;
import io.rack72.rack.GoldenPrompts;
import io.rack72.rack.Keeper;
import io.rack72.rack.KeeperActor;
import io.rack72.rack.Member;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeOrder;
import io.rack72.rack.NodeStatus;
import io.rack72.rack.RackStatus;
import io.rack72.rack.RackView;
import io.rack72.rack.TrayClaim;
import io.rack72.sampling.SampledToken;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The rack over several JVMs' worth of nodes: what a token is does not depend on how many. */
@Timeout(180)
class ManyNodesTest {
  private static final List<GoldenPrompts.Prompt> PROMPTS = GoldenPrompts.read("tiny").prompts();
  private static final int OF_EACH = 2;

  private static Predicate<RackView> ofTrays(int trays) {
    return view -> view.members().stream().mapToInt(member -> member.trays().size()).sum() == trays;
  }

  /** One reply to each prompt, each checked against the reference. */
  private static List<List<SampledToken>> replies(ManyNodes rack, Node at) throws Exception {
    List<CompletableFuture<List<SampledToken>>> running = new ArrayList<>();
    for (int i = 0; i < OF_EACH; i++) {
      PROMPTS.forEach(prompt -> running.add(rack.submit(at, prompt.tokenIds())));
    }
    List<List<SampledToken>> replies = new ArrayList<>();
    for (int i = 0; i < running.size(); i++) {
      List<SampledToken> reply = running.get(i).get(DEADLINE_SECONDS, SECONDS);
      GoldenPrompts.Prompt prompt = PROMPTS.get(i % PROMPTS.size());
      assertArrayEquals(
          prompt.greedy64(), reply.stream().mapToInt(SampledToken::id).toArray(), prompt.name());
      if (i < PROMPTS.size()) {
        replies.add(reply);
      } else {
        assertEquals(replies.get(i % PROMPTS.size()), reply, prompt.name());
      }
    }
    return replies;
  }

  /** Replies, again and again while something happens to the rack. */
  private static void repliesWhile(ManyNodes rack, Node at, Happening happening) throws Exception {
    CompletableFuture<Void> happened = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    happening.happen();
                    happened.complete(null);
                  } catch (Throwable e) {
                    happened.completeExceptionally(e);
                  }
                });
    do {
      replies(rack, at);
    } while (!happened.isDone());
    thread.join();
    happened.get(DEADLINE_SECONDS, SECONDS);
  }

  private interface Happening {
    void happen() throws Exception;
  }

  @Test
  void tokensAndLogprobsAreTheReferencesOnAnyNumberOfNodes() throws Exception {
    List<List<SampledToken>> ofOne = null;
    for (int count : new int[] {1, 2, 5}) {
      try (ManyNodes rack = new ManyNodes(18)) {
        Node first = null;
        for (int i = 0; i < count; i++) {
          Node node = rack.enter(trays(18 * i / count, 18 * (i + 1) / count), "http://" + i);
          first = first == null ? node : first;
        }
        first.await(ofTrays(18));
        List<List<SampledToken>> replies = replies(rack, first);
        ofOne = ofOne == null ? replies : ofOne;
        assertEquals(ofOne, replies, count + " nodes");
      }
    }
  }

  @Test
  void nodesComeAndGoAndNobodySeesIt() throws Exception {
    try (ManyNodes rack = new ManyNodes(12)) {
      Node gateway = rack.enter(List.of(), "http://gateway");
      Node first = rack.enter(trays(6, 12), "");
      // Of GPUs that have nothing to do the first take sequences first.
      Node second = rack.enter(trays(0, 6), "");
      RackView began = gateway.await(ofTrays(12));
      repliesWhile(
          rack,
          gateway,
          () -> {
            rack.enter(trays(12, 18), "");
            gateway.await(ofTrays(18));
            // It may leave just between two sequences, and then goes once more.
            Node goes = second;
            do {
              ManyNodes.leave(goes);
              gateway.await(ofTrays(12));
              goes = rack.enter(trays(0, 6), "");
              gateway.await(ofTrays(18));
            } while (rack.moves() == 0);
          });
      RackView whole = first.await(ofTrays(18));
      assertTrue(incarnation(whole, 0) > incarnation(began, 0));
      assertEquals(incarnation(began, 6), incarnation(whole, 6));
    }
  }

  private static long incarnation(RackView view, int tray) {
    return view.members().stream()
        .map(Member::trays)
        .flatMap(List::stream)
        .filter(claim -> claim.tray().equals(new TrayId(tray)))
        .mapToLong(TrayClaim::incarnation)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void nodeThatGoesWithoutHandingOverIsMadeUpFor() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      Node gateway = rack.enter(List.of(), "http://gateway");
      rack.enter(trays(9, 18), "");
      // Of GPUs that have nothing to do the first take sequences first.
      Node goes = rack.enter(trays(0, 9), "");
      gateway.await(ofTrays(18));
      repliesWhile(
          rack,
          gateway,
          () -> {
            goes.close();
            gateway.await(ofTrays(9));
          });
      assertTrue(rack.moves() > 0, "no sequence was on the node that went");
    }
  }

  @Test
  void keepersNodeMayLeaveToo() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      // The oldest node has the keeper.
      Node keepers = rack.enter(trays(0, 6), "");
      Node stays = rack.enter(trays(6, 18), "http://stays");
      RackView before = stays.await(ofTrays(18));
      repliesWhile(
          rack,
          stays,
          () -> {
            ManyNodes.leave(keepers);
            stays.await(ofTrays(12));
            rack.enter(trays(0, 3), "");
            stays.await(ofTrays(15));
          });
      assertTrue(stays.await(ofTrays(15)).epoch() > before.epoch());
      replies(rack, stays);
    }
  }

  @Test
  void nodeThatCannotThrowOthersOutAnyMoreSaysSoAndStops() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      ActorSystem<NodeActor.Command> system =
          rack.start(trays(0, 18), "secret", rack.card()).node().node().system();
      ActorRef<Object> downing =
          ActorRefResolver.get(system).resolveActorRef(system.address() + "/user/downing");
      LoggingTestKit.error(
              "what decides who is thrown out of the rack has failed; its log says why")
          .expect(
              system,
              () -> {
                Adapter.toClassic(downing).tell(PoisonPill.getInstance(), null);
                return null;
              });
      system.getWhenTerminated().toCompletableFuture().get(DEADLINE_SECONDS, SECONDS);
    }
  }

  @Test
  void keeperThatFailsBeginsAgainAndNobodySeesIt() throws Exception {
    try (ManyNodes rack = new ManyNodes(12)) {
      Node keepers = rack.enter(trays(0, 6), "");
      Node stays = rack.enter(trays(6, 12), "http://stays");
      assertTrue(stays.await(ofTrays(12)).epoch() < Keeper.EPOCHS_PER_TERM);
      ActorSystem<NodeActor.Command> system = keepers.node().node().system();
      ActorRef<KeeperActor.Command> keeper =
          ActorRefResolver.get(system)
              .resolveActorRef(system.address() + "/system/singletonManagerkeeper/keeper");

      // What no serializer would let through.
      keeper.tell(new KeeperActor.Present(null, null));

      rack.enter(trays(12, 18), "");
      assertTrue(
          stays.await(ofTrays(18)).epoch() > Keeper.EPOCHS_PER_TERM, "it is the same keeper's");
      replies(rack, stays);
    }
  }

  @Test
  void messageThatIsTooLargeIsCountedOnce() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      Node sends = rack.enter(trays(0, 9), "");
      Node other = rack.enter(trays(9, 18), "");
      sends.await(ofTrays(18));
      ActorSystem<NodeActor.Command> system = sends.node().node().system();
      ActorRef<NodeActor.Command> guardian =
          ActorRefResolver.get(system)
              .resolveActorRef("pekko://rack72@" + other.node().address() + "/user");
      guardian.tell(new NodeOrder.NoRoom("x".repeat(1 << 20)));
      long end = System.nanoTime() + SECONDS.toNanos(DEADLINE_SECONDS);
      long dropped = 0;
      while (dropped == 0 && System.nanoTime() < end) {
        dropped =
            AskPattern.<NodeActor.Command, RackStatus>ask(
                    system, NodeActor.Report::new, Duration.ofSeconds(10), system.scheduler())
                .toCompletableFuture()
                .get(DEADLINE_SECONDS, SECONDS)
                .nodes()
                .stream()
                .filter(node -> node.address().equals(sends.node().address()))
                .mapToLong(NodeStatus::droppedMessages)
                .sum();
      }
      assertEquals(1, dropped);
    }
  }

  @Test
  void nodePassesItselfOverAmongThoseToJoin() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      Node host = rack.enter(trays(0, 9), "");
      HostPort others = HostPort.parse(host.node().address()).orElseThrow();
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      HostPort own = HostPort.parse("127.0.0.1:" + port).orElseThrow();
      Node guest = rack.start(trays(9, 18), "secret", rack.card(), port, List.of(own, others));
      guest.node().join();
      guest.node().enter("");
      host.await(ofTrays(18));
      guest.close();

      Node alone = rack.start(trays(9, 18), "secret", rack.card(), port, List.of(own));
      NodeException e = assertThrows(NodeException.class, () -> alone.node().join());
      assertTrue(e.getMessage().startsWith("rack72.cluster.join names this node only, " + own));
    }
  }

  @Test
  void whoDoesNotFitIsToldWhy() throws Exception {
    try (ManyNodes rack = new ManyNodes(1)) {
      Node host = rack.enter(trays(0, 9), "");
      host.await(ofTrays(9));
      NodeCard card = rack.card();
      assertNotLetIn(
          rack, "another", card, "its secret is not that of this rack (rack72.cluster.secret)");
      assertNotLetIn(
          rack,
          "secret",
          new NodeCard(card.rack(), card.version(), "0123", card.settings()),
          "the rack's checkpoint has hash %s, the node's has 0123: both must be the same files"
              .formatted(card.checkpoint()));
      assertNotLetIn(
          rack,
          "secret",
          new NodeCard(
              card.rack(),
              card.version(),
              card.checkpoint(),
              new TreeMap<>(Map.of("rack72.data-parallel", "8"))),
          "the rack has rack72.data-parallel = 72, the node 8: set it alike");
      // They are the same nodes in all else.
      rack.enter(trays(9, 18), "");
      host.await(ofTrays(18));
    }
  }

  @Test
  void joiningEndsWhenItHasBecomePointless() throws Exception {
    try (ManyNodes rack = new ManyNodes(18)) {
      Node host = rack.start(trays(0, 9), "secret", rack.card());
      Node guest = rack.start(trays(9, 18), "secret", rack.card());
      AtomicInteger looks = new AtomicInteger();

      // The host lets it in, but is in no rack itself, so it is never taken up.
      assertFalse(guest.node().join(() -> looks.incrementAndGet() > 3));

      host.close();
      looks.set(0);
      assertFalse(guest.node().join(() -> looks.incrementAndGet() > 1));
    }
  }

  @Test
  void whoIsLetInByOneThatIsInNoRackGetsInByTheNext() throws Exception {
    try (ManyNodes rack = new ManyNodes(18, Duration.ofSeconds(30))) {
      rack.start(trays(0, 6), "secret", rack.card());
      Node member = rack.start(trays(6, 12), "secret", rack.card());
      Cluster cluster = Cluster.get(member.node().node().system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));

      Node guest = rack.start(trays(12, 18), "secret", rack.card());

      assertTrue(guest.node().join(() -> false));
    }
  }

  private static void assertNotLetIn(ManyNodes rack, String secret, NodeCard card, String why) {
    Node node = rack.start(trays(9, 18), secret, card);
    NodeException e = assertThrows(NodeException.class, () -> node.node().join());
    node.close();
    assertTrue(e.getMessage().endsWith("does not let this node in: " + why), e.getMessage());
  }
}
