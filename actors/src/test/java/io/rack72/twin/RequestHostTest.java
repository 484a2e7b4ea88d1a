package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class RequestHostTest {
  private final ManualClock clock = new ManualClock();
  private final List<Long> due = new ArrayList<>();
  private final TestInbox<RouterActor.Command> router = TestInbox.create();
  private final BehaviorTestKit<RouterActor.Command> host =
      BehaviorTestKit.create(RequestHost.before(router.getRef(), clock, 1000, due::add));
  private final TestInbox<SequenceEvent> owner = TestInbox.create();
  private final RouterActor.Pause first = new RouterActor.Pause(new SequenceId("a", 0));
  private final RouterActor.Pause other = new RouterActor.Pause(new SequenceId("b", 0));
  private final RouterActor.Cancel second = new RouterActor.Cancel(new SequenceId("a", 0));

  @Test
  void whatConcernsARequestWaitsBehindItAndAllElsePassesAtOnce() {
    RouterActor.Submit submit = submit(0, OptionalLong.empty());
    host.run(submit);
    host.run(first);
    host.run(other);
    host.run(second);
    clock.advanceTo(999);
    runAll();
    assertEquals(List.of(other), router.getAllReceived());
    clock.advanceTo(1000);
    runAll();
    assertEquals(List.of(submit, first, second), router.getAllReceived());
    host.run(second);
    assertEquals(List.of(second), router.getAllReceived(), "it is at the router now");
  }

  @Test
  void aRequestThatTheHostIsAtIsLive() {
    RouterActor.CountLive count = new RouterActor.CountLive(TestInbox.<Integer>create().getRef());
    host.run(count);
    assertEquals(List.of(count), router.getAllReceived());
    RouterActor.Submit submit = submit(0, OptionalLong.empty());
    host.run(submit);
    host.run(count);
    assertEquals(List.of(), router.getAllReceived());
    clock.advanceTo(1000);
    runAll();
    assertTrue(router.getAllReceived().containsAll(List.of(submit, count)));
  }

  @Test
  void whatAGatewayHasTakenForARequestIsPartOfTheHostsTime() {
    clock.advanceTo(5000);
    host.run(submit(1, OptionalLong.of(4300)));
    host.run(submit(2, OptionalLong.empty()));
    host.run(submit(3, OptionalLong.of(10)));
    clock.advanceTo(5001);
    runAll();
    assertEquals(List.of(3), submitted(), "it is late already");
    clock.advanceTo(5300);
    runAll();
    assertEquals(List.of(1), submitted());
    clock.advanceTo(6000);
    runAll();
    assertEquals(List.of(2), submitted());
    assertEquals(List.of(1010L, 5300L, 6000L), due);
  }

  @Test
  void whatGoesOnAfterALossHasBeenSeenBefore() {
    SequenceRequest again =
        new SequenceRequest(
            new SequenceId("a", 7), 2, new int[] {1}, new int[] {2}, params(), Standing.DEFAULT);
    RouterActor.Submit submit = new RouterActor.Submit(again, owner.getRef());
    clock.advanceTo(5);
    host.run(submit);
    assertEquals(List.of(submit), router.getAllReceived());
    assertEquals(List.of(5L), due);
  }

  @Test
  void httpsTimeIsTakenOffTheHostsTime() {
    ModeledRack rack = ModeledRackTest.rack(500);
    for (long httpNanos : new long[] {0, 100, 500, 501}) {
      ManualClock time = new ManualClock();
      BehaviorTestKit<RouterActor.Command> shorter =
          BehaviorTestKit.create(rack.host(router.getRef(), time, Duration.ofNanos(httpNanos)));
      shorter.run(submit(1, OptionalLong.empty()));
      long left = Math.max(0, 500 - httpNanos);
      if (left > 0) {
        time.advanceTo(left - 1);
        assertFalse(shorter.selfInbox().hasMessages());
        time.advanceTo(left);
        shorter.runOne();
      }
      assertEquals(List.of(1), submitted());
    }
  }

  private RouterActor.Submit submit(int number, OptionalLong receivedNanos) {
    return new RouterActor.Submit(
        new SequenceRequest(
            new SequenceId("a", number), 1, new int[] {1}, new int[0], params(), Standing.DEFAULT),
        owner.getRef(),
        receivedNanos,
        Optional.empty());
  }

  private static SamplingParams params() {
    return new SamplingParams(1, 1, 0, 0, 0, 0, 0, 1, Map.of(), -1, 8, 0, Set.of(), true);
  }

  private List<Integer> submitted() {
    return router.getAllReceived().stream()
        .map(message -> ((RouterActor.Submit) message).request().id().choice())
        .toList();
  }

  private void runAll() {
    while (host.selfInbox().hasMessages()) {
      host.runOne();
    }
  }

  @Test
  void theRacksLossIsToldAtOnce() {
    host.run(submit(0, OptionalLong.empty()));
    RouterActor.RackLost lost = new RouterActor.RackLost("it stops");
    host.run(lost);
    assertEquals(List.of(lost), router.getAllReceived());
  }
}
