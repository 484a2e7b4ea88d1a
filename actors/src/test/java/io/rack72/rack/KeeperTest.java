package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.RackProfile;
import io.rack72.hardware.TrayId;
import io.rack72.rack.Keeper.Sent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The keeper's decisions, one case after another; two GPUs sit on each tray. */
class KeeperTest {
  private static final RackProfile RACK = new RackProfile("test", 4, 2, RackHarness.FAST_GPU);
  private static final NodeId A = new NodeId("a", 1);
  private static final NodeId B = new NodeId("b", 2);
  private static final NodeId C = new NodeId("c", 3);
  private static final NodeId GATEWAY = new NodeId("gateway", 4);

  private int leastGpus = 1;
  private Keeper keeper = keeper(2);

  private Keeper keeper(int startTrays, NodeId... present) {
    return keeper(startTrays, 0, present);
  }

  private Keeper keeper(int startTrays, long term, NodeId... present) {
    return new Keeper(
        new Keeper.Rules(
            RACK,
            8,
            8,
            2,
            4,
            startTrays,
            placement -> placement.experts().gpus().length >= leastGpus),
        Arrays.asList(present),
        term);
  }

  private static NodeState node(NodeId id, int... trays) {
    return new NodeState(id, ids(trays), "", false, false, 0, Optional.empty(), 0, false);
  }

  private static NodeState starved(NodeId id, int... trays) {
    return new NodeState(id, ids(trays), "", false, false, 0, Optional.empty(), 0, true);
  }

  private static NodeState leaving(NodeId id, int... trays) {
    return new NodeState(id, ids(trays), "", false, true, 0, Optional.empty(), 0, false);
  }

  private static NodeState gateway(boolean leaving) {
    return new NodeState(
        GATEWAY, List.of(), "http", !leaving, leaving, 0, Optional.empty(), 0, false);
  }

  private static NodeState knowing(NodeId id, RackView committed, long lastEpoch, int... trays) {
    return new NodeState(
        id,
        ids(trays),
        "",
        false,
        false,
        lastEpoch,
        Optional.of(committed),
        committed.epoch(),
        false);
  }

  private static List<TrayId> ids(int... trays) {
    return IntStream.of(trays).mapToObj(TrayId::new).toList();
  }

  private static Set<GpuId> gpus(int... trays) {
    Set<GpuId> gpus = new TreeSet<>();
    ids(trays).forEach(tray -> gpus.addAll(RACK.gpusOf(tray)));
    return gpus;
  }

  /** The one view that all these nodes, and no others, are to prepare. */
  private static RackView prepared(List<Sent> orders, NodeId... by) {
    List<RackView> views = new ArrayList<>();
    List<NodeId> to = new ArrayList<>();
    for (Sent sent : orders) {
      if (sent.order() instanceof NodeOrder.Prepare(RackView view)) {
        views.add(view);
        to.add(sent.to());
      }
    }
    assertEquals(List.of(by), to, orders.toString());
    assertEquals(1, views.stream().distinct().count());
    return views.getFirst();
  }

  private static List<Sent> toAll(NodeOrder order, NodeId... nodes) {
    return Arrays.stream(nodes).map(node -> new Sent(node, order)).toList();
  }

  private List<Sent> allPrepared(long epoch, NodeId... nodes) {
    List<Sent> orders = List.of();
    for (NodeId node : nodes) {
      assertEquals(List.of(), orders, "before all have prepared");
      orders = keeper.prepared(node, epoch);
    }
    return orders;
  }

  private List<Sent> allSettled(long epoch, NodeId... nodes) {
    List<Sent> orders = List.of();
    for (NodeId node : nodes) {
      assertEquals(List.of(), orders, "before all have settled");
      orders = keeper.settled(node, epoch);
    }
    return orders;
  }

  /** Brings a view through; returns what is ordered with its release. */
  private List<Sent> follow(RackView view, Set<GpuId> lost, NodeId... nodes) {
    assertEquals(
        toAll(new NodeOrder.Commit(view.epoch(), lost), nodes), allPrepared(view.epoch(), nodes));
    List<Sent> orders = allSettled(view.epoch(), nodes);
    assertEquals(
        toAll(new NodeOrder.Release(view.epoch()), nodes), orders.subList(0, nodes.length));
    return orders.subList(nodes.length, orders.size());
  }

  /** A rack of A with tray 0 and B with tray 1. */
  private RackView begin() {
    return begin(node(A, 0), node(B, 1));
  }

  private RackView begin(NodeState a, NodeState b) {
    keeper = keeper(a.trays().size() + b.trays().size());
    assertEquals(List.of(), keeper.present(a));
    RackView view = prepared(keeper.present(b), A, B);
    assertEquals(List.of(), follow(view, Set.of(), A, B));
    return view;
  }

  private static List<Integer> trays(RackView view) {
    return view.members().stream()
        .flatMap(member -> member.trays().stream())
        .map(claim -> claim.tray().index())
        .toList();
  }

  private static long incarnation(RackView view, int tray) {
    return view.members().stream()
        .flatMap(member -> member.trays().stream())
        .filter(claim -> claim.tray().index() == tray)
        .findFirst()
        .orElseThrow()
        .incarnation();
  }

  @Test
  void rackBeginsWithItsStartTrays() {
    RackView view = begin();
    assertEquals(1, view.epoch());
    assertEquals(List.of(0, 1), trays(view));
    assertEquals(gpus(0, 1), new TreeSet<>(view.placement().attending()));
  }

  @Test
  void rackDoesNotBeginWithFewerWhenOneGoesWhileAllPrepare() {
    keeper.present(node(A, 0));
    prepared(keeper.present(node(B, 1)), A, B);
    assertEquals(List.of(), keeper.gone(B));
    assertEquals(List.of(), keeper.prepared(A, 1));
    assertEquals(2, prepared(keeper.present(node(C, 1)), A, C).epoch());
  }

  @Test
  void whoTellsTheSameAgainChangesNothing() {
    begin();
    assertEquals(List.of(), keeper.present(node(A, 0)));
  }

  @Test
  void nodeThatJoinsGetsItsPartAndTheOthersKeepTheirs() {
    RackView before = begin();
    RackView view = prepared(keeper.present(node(C, 2, 3)), A, B, C);
    assertEquals(List.of(0, 1, 2, 3), trays(view));
    assertEquals(incarnation(before, 0), incarnation(view, 0));
    assertEquals(view.epoch(), incarnation(view, 3));
    assertEquals(List.of(), follow(view, Set.of(), A, B, C));
  }

  @Test
  void nodeThatJoinsDuringAChangeComesInWithTheNext() {
    begin();
    RackView first = prepared(keeper.present(node(C, 2)), A, B, C);
    NodeId d = new NodeId("d", 9);
    assertEquals(List.of(), keeper.present(node(d, 3)));
    List<Sent> then = follow(first, Set.of(), A, B, C);
    assertEquals(List.of(0, 1, 2, 3), trays(prepared(then, A, B, C, d)));
  }

  @Test
  void nodeLeavesWhenOthersDoItsWork() {
    begin();
    RackView view = prepared(keeper.present(leaving(B, 1)), A, B);
    assertEquals(List.of(0), trays(view));
    assertEquals(
        toAll(new NodeOrder.MayLeave(), B), follow(view, Set.of(), A, B), "after the release");
    assertEquals(List.of(), keeper.gone(B));
  }

  @Test
  void twoNodesLeaveAtOnce() {
    begin();
    RackView three = prepared(keeper.present(node(C, 2)), A, B, C);
    follow(three, Set.of(), A, B, C);
    RackView first = prepared(keeper.present(leaving(A, 0)), A, B, C);
    assertEquals(List.of(), keeper.present(leaving(B, 1)));
    RackView second = prepared(follow(first, Set.of(), A, B, C), A, B, C);
    assertEquals(List.of(2), trays(second));
    assertEquals(toAll(new NodeOrder.MayLeave(), A, B), follow(second, Set.of(), A, B, C));
  }

  @Test
  void lossOfANodeIsToldWithTheNextView() {
    begin();
    RackView view = prepared(keeper.gone(B), A);
    assertEquals(List.of(0), trays(view));
    assertEquals(List.of(), follow(view, gpus(1), A));
  }

  @Test
  void lossWhileOthersPrepareBeginsAnotherView() {
    begin();
    RackView first = prepared(keeper.present(node(C, 2)), A, B, C);
    keeper.prepared(A, first.epoch());
    RackView second = prepared(keeper.gone(B), A, C);
    assertTrue(second.epoch() > first.epoch());
    assertEquals(List.of(), keeper.prepared(A, first.epoch()), "of a view that is given up");
    assertEquals(List.of(), follow(second, gpus(1), A, C));
  }

  @Test
  void lossOfANewcomerWhileAllPrepareBeginsAnotherView() {
    begin();
    prepared(keeper.present(node(C, 2)), A, B, C);
    RackView second = prepared(keeper.gone(C), A, B);
    assertEquals(List.of(0, 1), trays(second));
    // Nobody ever asked it anything.
    assertEquals(List.of(), follow(second, Set.of(), A, B));
  }

  @Test
  void lossWhileOthersSettleBeginsAnotherView() {
    begin();
    RackView first = prepared(keeper.present(node(C, 2)), A, B, C);
    allPrepared(first.epoch(), A, B, C);
    keeper.settled(A, first.epoch());
    RackView second = prepared(keeper.gone(C), A, B);
    assertEquals(List.of(), keeper.settled(B, first.epoch()));
    assertEquals(List.of(), follow(second, gpus(2), A, B));
  }

  @Test
  void lossOfOneThatLeavesIsToldWhileStepsMayStillWaitForIt() {
    begin();
    RackView without = prepared(keeper.present(leaving(B, 1)), A, B);
    allPrepared(without.epoch(), A, B);
    RackView again = prepared(keeper.gone(B), A);
    assertEquals(List.of(), follow(again, gpus(1), A));
  }

  @Test
  void lossIsToldAgainUnlessAllHaveSettledWithIt() {
    begin();
    RackView three = prepared(keeper.present(node(C, 2)), A, B, C);
    follow(three, Set.of(), A, B, C);
    RackView first = prepared(keeper.gone(C), A, B);
    allPrepared(first.epoch(), A, B);
    // The commit that told of C may not have come, and will not come again.
    RackView second = prepared(keeper.gone(B), A);
    assertEquals(List.of(), follow(second, gpus(1, 2), A));
    RackView back = prepared(keeper.present(node(new NodeId("d", 9), 1)), A, new NodeId("d", 9));
    follow(back, Set.of(), A, new NodeId("d", 9));
  }

  @Test
  void releaseThatANodeShowsNoSignOfIsSentAgain() {
    RackView view = begin();
    RackView next = prepared(keeper.present(node(C, 2)), A, B, C);
    follow(next, Set.of(), A, B, C);
    NodeState behind =
        new NodeState(
            A, ids(0), "", false, false, next.epoch(), Optional.of(next), view.epoch(), false);
    assertEquals(List.of(), keeper.present(behind), "it may not have come yet");
    assertEquals(toAll(new NodeOrder.Release(next.epoch()), A), keeper.present(behind));
    assertEquals(List.of(), keeper.present(knowing(A, next, next.epoch(), 0)));
  }

  @Test
  void trayThatWasLostComesBackAfterAllHaveBeenToldOfTheLoss() {
    RackView before = begin();
    RackView three = prepared(keeper.present(node(C, 2)), A, B, C);
    follow(three, Set.of(), A, B, C);
    prepared(keeper.gone(B), A, C);
    NodeId heir = new NodeId("heir", 9);
    assertEquals(List.of(), keeper.present(node(heir, 1)));
    // Another view becomes necessary before the first was committed.
    RackView loss = prepared(keeper.gone(C), A, heir);
    assertEquals(List.of(0), trays(loss), "steps may still wait for tray 1 as B's");
    RackView whole = prepared(follow(loss, gpus(1, 2), A, heir), A, heir);
    assertEquals(List.of(0, 1), trays(whole));
    assertTrue(incarnation(whole, 1) > incarnation(before, 1));
  }

  @Test
  void orderThatWasLostOrWhoseAnswerWasIsGivenAgain() {
    begin();
    RackView next = prepared(keeper.present(node(C, 2)), A, B, C);
    assertEquals(List.of(), keeper.present(node(A, 0)), "it may have said so before the order");
    assertEquals(next, prepared(keeper.present(node(A, 0)), A));
    keeper.prepared(A, next.epoch());
    assertEquals(List.of(), keeper.present(node(A, 0)), "it has answered");
    keeper.prepared(B, next.epoch());
    keeper.prepared(C, next.epoch());
    assertEquals(List.of(), keeper.present(node(B, 1)));
    assertEquals(
        toAll(new NodeOrder.Commit(next.epoch(), Set.of()), B), keeper.present(node(B, 1)));
  }

  @Test
  void trayThatFailsInItsNodeIsLostAndTheNodeStays() {
    RackView first = begin(node(A, 0, 2), node(B, 1));
    RackView second = prepared(keeper.present(node(A, 0)), A, B);
    assertEquals(List.of(0, 1), trays(second));
    assertEquals(incarnation(first, 0), incarnation(second, 0));
    follow(second, gpus(2), A, B);
  }

  @Test
  void trayThatFailsWhileOthersPrepareBeginsAnotherView() {
    begin(node(A, 0, 2), node(B, 1));
    prepared(keeper.present(node(C, 3)), A, B, C);
    RackView next = prepared(keeper.present(node(A, 0)), A, B, C);
    assertEquals(List.of(0, 1, 3), trays(next));
    follow(next, gpus(2), A, B, C);
  }

  @Test
  void whereTooLittleIsLeftAllAreToldOnceAndTheNextTrayMakesItWellAgain() {
    begin(node(A, 0), node(B, 1));
    leastGpus = 4;
    List<Sent> orders = keeper.gone(B);
    NodeOrder.NoRoom told =
        assertInstanceOf(NodeOrder.NoRoom.class, orders.getFirst().order(), orders.toString());
    assertTrue(told.reason().startsWith("1 of the rack's trays are left"), told.reason());
    assertEquals(List.of(), keeper.present(node(A, 0)));
    assertEquals(toAll(told, A), keeper.present(node(A, 0)), "it shows no sign of it");
    assertEquals(List.of(), keeper.present(starved(A, 0)));
    RackView next = prepared(keeper.present(node(C, 3)), A, C);
    follow(next, gpus(1), A, C);
  }

  @Test
  void onlyTrayComesBackAtOnce() {
    keeper = keeper(1);
    RackView first = prepared(keeper.present(node(A, 0)), A);
    follow(first, Set.of(), A);
    assertEquals(List.of(), keeper.gone(A));
    RackView second = prepared(keeper.present(node(B, 0)), B);
    assertTrue(incarnation(second, 0) > incarnation(first, 0));
    assertEquals(List.of(), follow(second, gpus(0), B));
  }

  @Test
  void allMayLeaveWhenNoGatewayIsOpen() {
    begin();
    RackView without = prepared(keeper.present(leaving(A, 0)), A, B);
    assertEquals(List.of(), keeper.present(leaving(B, 1)));
    // A is not brought back to help B, which nobody needs either.
    assertEquals(toAll(new NodeOrder.MayLeave(), A, B), follow(without, Set.of(), A, B));
  }

  @Test
  void lastTraysStayWhileAGatewayIsOpen() {
    keeper = keeper(1);
    keeper.present(gateway(false));
    RackView view = prepared(keeper.present(node(A, 0)), A, GATEWAY);
    follow(view, Set.of(), A, GATEWAY);
    assertEquals(List.of(), keeper.present(leaving(A, 0)));
    List<Sent> closing = keeper.present(gateway(true));
    RackView without =
        prepared(
            closing.stream().filter(s -> !(s.order() instanceof NodeOrder.MayLeave)).toList(),
            A,
            GATEWAY);
    assertEquals(List.of(A), without.members().stream().map(Member::id).toList());
    assertEquals(
        toAll(new NodeOrder.MayLeave(), A, GATEWAY), follow(without, Set.of(), A, GATEWAY));
  }

  @Test
  void gatewayMayLeaveThoughNobodyComputes() {
    keeper = keeper(1);
    keeper.present(gateway(false));
    NodeState another =
        new NodeState(C, List.of(), "http", true, false, 0, Optional.empty(), 0, false);
    keeper.present(another);
    RackView view = prepared(keeper.present(node(A, 0)), A, C, GATEWAY);
    follow(view, Set.of(), A, C, GATEWAY);
    assertEquals(
        toAll(new NodeOrder.NoRoom("no tray of the rack is left"), C, GATEWAY), keeper.gone(A));
    assertEquals(toAll(new NodeOrder.MayLeave(), GATEWAY), keeper.present(gateway(true)));
  }

  @Test
  void gatewayComesAndGoes() {
    begin();
    RackView with = prepared(keeper.present(gateway(false)), A, B, GATEWAY);
    assertEquals(List.of(A, B, GATEWAY), with.members().stream().map(Member::id).toList());
    follow(with, Set.of(), A, B, GATEWAY);
    RackView without = prepared(keeper.gone(GATEWAY), A, B);
    assertEquals(List.of(A, B), without.members().stream().map(Member::id).toList());
    assertEquals(List.of(), follow(without, Set.of(), A, B));
  }

  @Test
  void lossOfAGatewayDelaysNoChange() {
    begin();
    RackView with = prepared(keeper.present(gateway(false)), A, B, GATEWAY);
    keeper.prepared(A, with.epoch());
    keeper.prepared(B, with.epoch());
    assertEquals(toAll(new NodeOrder.Commit(with.epoch(), Set.of()), A, B), keeper.gone(GATEWAY));
  }

  @Test
  void whoWantsToLeaveStaysWhereTheOthersDoNotHaveTheMemory() {
    leastGpus = 4;
    begin();
    NodeState open = gateway(false);
    RackView with = prepared(keeper.present(open), A, B, GATEWAY);
    follow(with, Set.of(), A, B, GATEWAY);
    assertEquals(List.of(), keeper.present(leaving(B, 1)));
    RackView view = prepared(keeper.present(node(C, 2)), A, B, C, GATEWAY);
    assertEquals(List.of(0, 2), trays(view));
    assertEquals(toAll(new NodeOrder.MayLeave(), B), follow(view, Set.of(), A, B, C, GATEWAY));
  }

  @Test
  void trayOfALivingNodeIsRefusedByName() {
    begin();
    NodeState second = node(C, 1);
    assertEquals(List.of(), keeper.present(second));
    keeper.present(node(B, 1));
    assertEquals(List.of(), keeper.present(second), "one sign may have been on its way");
    keeper.present(node(B, 1));
    assertEquals(
        toAll(
            new NodeOrder.Refuse(
                "tray-1 is the JVM's at b, incarnation 1; one at c cannot have it too"),
            C),
        keeper.present(second));
  }

  @Test
  void trayOfADeadNodeIsTakenOver() {
    RackView before = begin();
    keeper.present(node(C, 1));
    RackView without = prepared(keeper.gone(B), A);
    assertEquals(List.of(), keeper.present(node(C, 1)));
    RackView with = prepared(follow(without, gpus(1), A), A, C);
    assertTrue(incarnation(with, 1) > incarnation(before, 1));
  }

  @Test
  void trayThatTheRackDoesNotHaveIsRefusedByName() {
    assertEquals(
        toAll(new NodeOrder.Refuse("there is no tray-4: rack test has 4 trays, from 0"), A),
        keeper.present(node(A, 4)));
  }

  @Test
  void whatANodeSaidBeforeItWentIsNotBelievedAfterwards() {
    begin();
    follow(prepared(keeper.gone(B), A), gpus(1), A);
    assertEquals(List.of(), keeper.present(node(B, 1)));
    assertFalse(trays(prepared(keeper.present(node(C, 2)), A, C)).contains(1));
  }

  @Test
  void newKeeperHearsAllBeforeItOrdersAnything() {
    RackView view = begin();
    keeper = keeper(2, 5, A, B);
    assertEquals(List.of(), keeper.present(knowing(A, view, 1, 0)));
    RackView next = prepared(keeper.present(knowing(B, view, 1, 1)), A, B);
    assertEquals(5001, next.epoch(), "told from those of earlier keepers");
    assertEquals(view.members(), next.members());
    assertEquals(
        toAll(new NodeOrder.Commit(5001, gpus(2, 3)), A, B), allPrepared(next.epoch(), A, B));
  }

  @Test
  void newKeeperGoesOnFromTheLatestViewThatIsFollowed() {
    RackView first = begin();
    RackView second = prepared(keeper.present(node(C, 2)), A, B, C);
    keeper = keeper(2, 1, A, B, C);
    keeper.present(knowing(A, first, second.epoch(), 0));
    keeper.present(knowing(B, second, second.epoch(), 1));
    RackView next = prepared(keeper.present(knowing(C, second, second.epoch(), 2)), A, B, C);
    assertTrue(next.epoch() > second.epoch());
    assertEquals(incarnation(second, 2), incarnation(next, 2), "of the view that B follows");
  }

  @Test
  void newKeeperTellsOfALossThatNotAllHaveHeardOf() {
    RackView whole = begin();
    RackView without = prepared(keeper.gone(B), A);
    keeper = keeper(2, 1, A, C);
    keeper.present(knowing(A, whole, without.epoch(), 0));
    RackView next = prepared(keeper.present(node(C, 2)), A, C);
    assertEquals(
        toAll(new NodeOrder.Commit(next.epoch(), gpus(1, 2, 3)), A, C),
        allPrepared(next.epoch(), A, C));
  }

  @Test
  void newKeeperDoesNotWaitForTheSilentForEver() {
    RackView view = begin();
    keeper = keeper(2, 1, A, B);
    keeper.present(knowing(A, view, 1, 0));
    RackView next = prepared(keeper.recoveryIsOver(), A);
    assertEquals(List.of(0), trays(next));
    follow(next, gpus(1, 2, 3), A);
    assertEquals(
        toAll(
            new NodeOrder.Refuse(
                "the rack went on without it, since it was not heard of in time: start it again"),
            B),
        keeper.present(knowing(B, view, 1, 1)));
  }

  @Test
  void newKeeperPrefersTheHolderOfATrayToWhoeverIsHeardFirst() {
    RackView view = begin();
    keeper = keeper(2, 1, A, B, C);
    keeper.present(node(C, 1));
    keeper.present(knowing(A, view, 1, 0));
    RackView next = prepared(keeper.present(knowing(B, view, 1, 1)), A, B);
    assertEquals(view.members(), next.members());
  }

  @Test
  void newKeeperIsNotHeldUpByOneThatIsGone() {
    RackView view = begin();
    keeper = keeper(2, 1, A, B);
    keeper.present(knowing(A, view, 1, 0));
    assertEquals(List.of(0), trays(prepared(keeper.gone(B), A)));
  }
}
