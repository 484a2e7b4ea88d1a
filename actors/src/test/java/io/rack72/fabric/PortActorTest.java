package io.rack72.fabric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

/** Ports that talk to each other on a clock moved by hand, all on one thread. */
class PortActorTest {
  private static final int PORTS = 4;
  private static final GpuProfile PROFILE = new GpuProfile(1, 1_000_000_000L, 250);

  private final ManualClock clock = new ManualClock();
  private final List<BehaviorTestKit<PortActor.Command>> ports = new ArrayList<>();
  private final List<TestInbox<PortActor.Command>> wires = new ArrayList<>();
  private final List<TestInbox<Frame>> gpus = new ArrayList<>();
  private final TestInbox<PortState> states = TestInbox.create();

  PortActorTest() {
    Map<GpuId, Link> refs = new HashMap<>();
    for (int i = 0; i < PORTS; i++) {
      ports.add(
          BehaviorTestKit.create(
              PortActor.create(
                  new GpuId(i), PROFILE, 10_000, PORTS - 1, 0.1, states.getRef(), clock)));
      wires.add(TestInbox.create());
      gpus.add(TestInbox.create());
      refs.put(new GpuId(i), new Link.Near(wires.get(i).getRef()));
    }
    for (int i = 0; i < PORTS; i++) {
      ports.get(i).run(new PortActor.Connect(refs));
      ports.get(i).run(new PortActor.Attach(gpus.get(i).getRef()));
    }
  }

  private static Frame frame(int from, int to, long bytes) {
    return new Frame.Combine(new GpuId(from), new GpuId(to), 1, 1, 0, null, bytes);
  }

  private void send(Frame frame) {
    ports.get(frame.from().index()).run(new PortActor.Send(List.of(frame)));
    settle();
  }

  /** Carries messages between ports, and from the clock to them, until none is left. */
  private void settle() {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (int i = 0; i < PORTS; i++) {
        List<PortActor.Command> due = new ArrayList<>(wires.get(i).getAllReceived());
        due.addAll(ports.get(i).selfInbox().getAllReceived());
        due.forEach(ports.get(i)::run);
        moved |= !due.isEmpty();
      }
    }
  }

  private void advanceTo(long instantNanos) {
    while (clock.nextWakeNanos() <= instantNanos) {
      clock.advanceTo(clock.nextWakeNanos());
      settle();
    }
    clock.advanceTo(instantNanos);
    settle();
  }

  @Test
  void arrivalsUnderContentionAreExact() {
    // Three senders, one receiver: its port takes one frame of 1,000 bytes each microsecond.
    send(frame(1, 0, 1_000));
    send(frame(2, 0, 1_000));
    send(frame(3, 0, 1_000));
    List<Long> arrivals = new ArrayList<>();
    while (clock.nextWakeNanos() != Long.MAX_VALUE) {
      advanceTo(clock.nextWakeNanos());
      gpus.get(0).getAllReceived().forEach(arrived -> arrivals.add(clock.nowNanos()));
    }
    assertEquals(List.of(1_250L, 2_250L, 3_250L), arrivals);
  }

  @Test
  void whoWasGivenUpGetsAnswersToWhatItAsksAllTheSame() {
    ports.get(0).run(new PortActor.GiveUp(Set.of(new GpuId(1))));
    send(frame(0, 1, 100));
    advanceTo(10_000);
    assertFalse(gpus.get(1).hasMessages(), "it may be gone");

    send(frame(1, 0, 100));
    advanceTo(20_000);
    assertTrue(gpus.get(0).hasMessages());
    send(frame(0, 1, 100));
    advanceTo(30_000);
    assertTrue(gpus.get(1).hasMessages(), "it is back");

    ports.get(0).run(new PortActor.GiveUp(Set.of(new GpuId(1), new GpuId(2))));
    gpus.get(1).getAllReceived();
    send(frame(0, 1, 100));
    advanceTo(35_000);
    assertTrue(gpus.get(1).hasMessages(), "another's silence changes nothing");

    ports.get(0).run(new PortActor.GiveUp(Set.of()));
    ports.get(0).run(new PortActor.GiveUp(Set.of(new GpuId(1))));
    gpus.get(1).getAllReceived();
    send(frame(0, 1, 100));
    advanceTo(40_000);
    assertFalse(gpus.get(1).hasMessages(), "given up anew");
  }

  @Test
  void answersToOneThatIsGoneAgainKeepNobodyWaiting() {
    ports.get(0).run(new PortActor.GiveUp(Set.of(new GpuId(1))));
    send(frame(1, 0, 100));
    advanceTo(10_000);
    // As much as the window holds, and no credit comes.
    ports.get(0).run(new PortActor.Send(List.of(frame(0, 1, 10_000))));
    wires.get(1).getAllReceived();
    send(frame(0, 2, 10_000));
    advanceTo(60_000);
    assertTrue(gpus.get(2).hasMessages());
  }

  @Test
  void slowPortTakesItsTimeBothWaysUntilItIsWellAgain() {
    ports.get(0).run(new PortActor.Slow(0.01, Duration.ofMillis(1)));
    send(frame(0, 1, 1_000));
    advanceTo(100_249);
    assertFalse(gpus.get(1).hasMessages());
    advanceTo(100_250);
    assertTrue(gpus.get(1).hasMessages());
    send(frame(2, 0, 1_000));
    advanceTo(200_499);
    assertFalse(gpus.get(0).hasMessages());
    advanceTo(200_500);
    assertTrue(gpus.get(0).hasMessages());

    advanceTo(1_000_000);
    gpus.get(1).getAllReceived();
    send(frame(0, 1, 1_000));
    advanceTo(1_001_249);
    assertFalse(gpus.get(1).hasMessages());
    advanceTo(1_001_250);
    assertTrue(gpus.get(1).hasMessages());
  }

  @Test
  void slowPortFindsOutByWhatPassesAndThatItIsWellByTestsOfItsOwn() {
    ports.get(0).run(new PortActor.Slow(0.01, Duration.ofSeconds(10)));
    send(frame(0, 1, 1_000));
    send(frame(0, 2, 1_000));
    advanceTo(10_000);
    assertFalse(states.hasMessages(), "with a tenth of its bandwidth it would have passed now");
    advanceTo(10_001);
    assertEquals(new PortState(new GpuId(0), true), states.receiveMessage());
    advanceTo(10_000_000_000L);
    assertFalse(states.hasMessages(), "said once");
    PortCounters counters = counters(0);
    assertTrue(counters.slow());
    assertEquals(2, counters.sentFrames(), "tests are not frames");
    advanceTo(12_000_000_000L);
    assertEquals(new PortState(new GpuId(0), false), states.receiveMessage());
    assertFalse(counters(0).slow());
    assertEquals(Long.MAX_VALUE, clock.nextWakeNanos(), "one that is well does not test itself");
  }

  @Test
  void portIsAsSlowAsWhatComesIn() {
    ports.get(0).run(new PortActor.Slow(0.01, Duration.ofSeconds(10)));
    send(frame(1, 0, 1_000));
    advanceTo(1_000_000);
    assertEquals(List.of(new PortState(new GpuId(0), true)), states.getAllReceived());
  }

  @Test
  void framesThatPassASlowOneAskForOneWakeEach() {
    ports.get(1).run(new PortActor.Slow(1e-6, Duration.ofHours(1)));
    send(frame(1, 0, 1_000));
    for (int i = 0; i < 100; i++) {
      send(frame(2, 0, 1_000));
      advanceTo(clock.nowNanos() + 10_000);
    }
    assertEquals(100, gpus.get(0).getAllReceived().size());
    advanceTo(1_000_000_249);
    clock.advanceTo(1_000_000_250);
    assertEquals(1, ports.get(0).selfInbox().getAllReceived().size(), "for the slow frame");
  }

  @Test
  void portThatIsBusyIsNotSlow() {
    for (int to = 1; to < PORTS; to++) {
      send(frame(0, to, 9_000));
      send(frame(to, 0, 9_000));
    }
    advanceTo(1_000_000_000L);
    assertFalse(states.hasMessages());
  }

  private PortCounters counters(int port) {
    TestInbox<PortReport> reports = TestInbox.create();
    ports.get(port).run(new PortActor.Report(reports.getRef()));
    return reports.receiveMessage().counters();
  }

  @Test
  void nothingArrivesANanosecondEarly() {
    send(frame(1, 0, 1_000));
    advanceTo(1_249);
    assertFalse(gpus.get(0).hasMessages());
    advanceTo(1_250);
    assertTrue(gpus.get(0).hasMessages());
  }

  @Test
  void bothDirectionsOfAPortAreIndependent() {
    send(frame(0, 1, 1_000));
    send(frame(1, 0, 1_000));
    advanceTo(1_250);
    assertTrue(gpus.get(0).hasMessages());
    assertTrue(gpus.get(1).hasMessages());
  }

  @Test
  void fullWindowHoldsASenderUntilItsFrameArrived() {
    send(frame(0, 1, 8_000));
    send(frame(0, 2, 8_000));
    advanceTo(8_249);
    assertFalse(gpus.get(1).hasMessages());
    // The first arrives at 8,250; only then does the second leave.
    advanceTo(8_250);
    assertTrue(gpus.get(1).hasMessages());
    advanceTo(8_250 + 8_249);
    assertFalse(gpus.get(2).hasMessages());
    advanceTo(8_250 + 8_250);
    assertTrue(gpus.get(2).hasMessages());
  }
}
