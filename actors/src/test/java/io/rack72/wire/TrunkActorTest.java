package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.clock.ManualClock;
import io.rack72.fabric.Bundle;
import io.rack72.fabric.Carry;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortCredit;
import io.rack72.fabric.TrunkMessage;
import io.rack72.fault.Fault;
import io.rack72.fault.Noise;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.schedule.Urgency;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.Effect;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;

/**
 * The trunk between GPUs 0 and 1 of one JVM and 2 and 3 of another, over the test's own channel.
 */
class TrunkActorTest {
  private static final WireLimits LIMITS = new WireLimits(4, 2, 4, 8, 16 << 20);
  private static final int WINDOW_BYTES = 3 << 20;

  private final ManualClock clock = new ManualClock();
  private final End here = new End(0xaaaa, 0xbbbb, 0, 1);
  private final End there = new End(0xbbbb, 0xaaaa, 2, 3);

  /** One trunk, its ports, and what it sends. */
  private final class End {
    private final TestInbox<TrunkMessage> sent = TestInbox.create();
    private final Map<GpuId, TestInbox<PortActor.Command>> ports = new TreeMap<>();
    private final BehaviorTestKit<TrunkMessage> trunk;
    private final TrunkMessage look;

    End(long run, long other, int... gpus) {
      Map<GpuId, ActorRef<PortActor.Command>> refs = new TreeMap<>();
      for (int gpu : gpus) {
        TestInbox<PortActor.Command> port = TestInbox.create();
        ports.put(new GpuId(gpu), port);
        refs.put(new GpuId(gpu), port.getRef());
      }
      trunk =
          BehaviorTestKit.create(
              TrunkActor.create(
                  new TrunkActor.Ends(run, other, "elsewhere", sent.getRef(), refs, WINDOW_BYTES),
                  LIMITS,
                  clock));
      Effect.TimerScheduled<?> timer = trunk.expectEffectClass(Effect.TimerScheduled.class);
      look = (TrunkMessage) timer.msg();
    }

    /** A second or so goes by. */
    void lookForLost() {
      trunk.run(look);
    }

    List<Segment> takeSent() {
      return sent.getAllReceived().stream().map(Segment.class::cast).toList();
    }

    TrunkStatus status() {
      TestInbox<TrunkStatus> inbox = TestInbox.create();
      trunk.run(new TrunkActor.Report(inbox.getRef()));
      return inbox.receiveMessage();
    }

    /** What its ports have got, for each pair the numbers of the steps. */
    void collect(Map<String, List<Long>> stepsOfPairs) {
      ports.forEach(
          (_, port) ->
              port.getAllReceived()
                  .forEach(
                      command -> {
                        if (command instanceof PortActor.Incoming(List<Departure> frames)) {
                          frames.forEach(
                              departure ->
                                  stepsOfPairs
                                      .computeIfAbsent(pair(departure), _ -> new ArrayList<>())
                                      .add(departure.frame().step()));
                        }
                      }));
    }
  }

  private static String pair(Departure departure) {
    return departure.frame().from() + " to " + departure.frame().to();
  }

  private static Departure dispatch(int from, int to, long step, int rows) {
    return new Departure(
        new Frame.Dispatch(
            new GpuId(from),
            new GpuId(to),
            1,
            step,
            0,
            differentRows(rows),
            new int[1],
            new int[1],
            Urgency.DECODES,
            100),
        new Lane.Passage(0, 10));
  }

  /** Rows that are the same would be sent once. */
  private static float[] differentRows(int rows) {
    float[] hidden = new float[rows * LIMITS.hiddenSize()];
    for (int row = 0; row < rows; row++) {
      hidden[row * LIMITS.hiddenSize()] = row;
    }
    return hidden;
  }

  private static Carry carry(int port, Departure... frames) {
    return new Carry(new GpuId(port), false, List.of(), List.of(frames));
  }

  @Test
  void channelThatLosesAndRepeatsDeliversEachFrameOnceAndInOrder() {
    int frames = 30;
    long resent = 0;
    for (long seed = 0; seed < 40; seed++) {
      TrunkActorTest test = new TrunkActorTest();
      test.deliverOverABadChannel(new SplittableRandom(seed), frames);
      resent += test.here.status().resentSegments();
    }
    assertTrue(resent > 0, "nothing was ever lost");
  }

  private void deliverOverABadChannel(SplittableRandom random, int frames) {
    Map<End, Queue<Segment>> channels = new HashMap<>();
    channels.put(here, new ArrayDeque<>());
    channels.put(there, new ArrayDeque<>());
    Map<String, Long> sent = new TreeMap<>();
    Map<String, List<Long>> received = new TreeMap<>();
    int left = frames;
    // The last rounds lose nothing, so that all is over some time.
    for (int round = 0; round < 400; round++) {
      boolean bad = round < 300;
      if (left > 0 && random.nextInt(4) == 0) {
        left--;
        boolean back = random.nextBoolean();
        int from = random.nextInt(2) + (back ? 2 : 0);
        int to = random.nextInt(2) + (back ? 0 : 2);
        // Some are larger than a segment.
        int rows = random.nextInt(5) == 0 ? 50_000 : 1;
        Departure frame = dispatch(from, to, 0, rows);
        long step = sent.merge(pair(frame), 1L, Long::sum);
        (back ? there : here).trunk.run(carry(from, dispatch(from, to, step, rows)));
      }
      for (End end : List.of(here, there)) {
        if (random.nextInt(20) == 0 || !bad) {
          end.lookForLost();
        }
        Queue<Segment> channel = channels.get(end);
        for (Segment segment : end.takeSent()) {
          int fate = bad ? random.nextInt(10) : 9;
          if (fate > 1) {
            channel.add(segment);
          }
          if (fate == 2) {
            channel.add(segment);
          }
        }
        for (int i = random.nextInt(1, 4); i > 0 && !channel.isEmpty(); i--) {
          (end == here ? there : here).trunk.run(channel.remove());
        }
        end.collect(received);
      }
    }
    assertEquals(sent.keySet(), received.keySet());
    sent.forEach(
        (pair, count) ->
            assertEquals(LongStream.rangeClosed(1, count).boxed().toList(), received.get(pair)));
  }

  @Test
  void disturbedTrunkSendsLateTwiceOrNotAndIsWellWhenItIsOver() {
    long until = 1_000_000_000;
    Duration delay = Duration.ofMillis(50);
    here.trunk.run(
        new TrunkActor.Disturb(
            new Noise(
                new Fault.FabricNoise(Set.of(0), 0.3, 0.3, 0.3, delay, Duration.ofSeconds(1)), 5),
            until));
    int frames = 200;
    for (int step = 1; step <= frames; step++) {
      here.trunk.run(carry(0, dispatch(0, 2, step, 1)));
    }
    assertEquals(List.of(), here.takeSent(), "all are late");
    clock.advanceTo(until);
    List<Long> numbers = here.takeSent().stream().map(Segment::number).toList();
    Set<Long> once = new TreeSet<>(numbers);
    assertTrue(once.size() > frames / 2 && once.size() < frames, "some are lost: " + once.size());
    assertTrue(numbers.size() > once.size(), "some came twice");
    assertFalse(numbers.equals(numbers.stream().sorted().toList()), "some were overtaken");

    for (int looks = 0; looks < 4; looks++) {
      here.lookForLost();
    }
    assertEquals(frames, here.takeSent().size(), "what nobody acknowledged comes again, at once");
  }

  @Test
  void trunksThatBothMissSomethingDoNotAnswerEachOthersAcknowledgementsForEver() {
    for (End end : List.of(here, there)) {
      end.trunk.run(end == here ? carry(0, dispatch(0, 2, 1, 1)) : carry(2, dispatch(2, 0, 1, 1)));
      assertEquals(1, end.takeSent().size(), "which is lost");
    }
    here.trunk.run(Segment.acknowledgement(0xbbbb, 1, 0));
    int passed = 0;
    for (int i = 0; i < 20; i++) {
      for (End end : List.of(here, there)) {
        // What carries something is lost again.
        for (Segment segment : end.takeSent()) {
          if (segment.onlyAcknowledges()) {
            passed++;
            (end == here ? there : here).trunk.run(segment);
          }
        }
      }
    }
    assertTrue(passed >= 1 && passed <= 2, passed + " acknowledgements between two looks");
  }

  @Test
  void creditsReachTheirPorts() {
    PortCredit credit = new PortCredit(new GpuId(2), new GpuId(0), 77);
    here.trunk.run(new Carry(new GpuId(0), false, List.of(credit), List.of()));
    assertEquals(List.of(), here.takeSent(), "kept until something goes there");
    here.trunk.run(carry(1, dispatch(1, 3, 1, 1)));
    here.takeSent().forEach(there.trunk::run);
    assertEquals(
        new PortActor.Credit(new GpuId(0), 77), there.ports.get(new GpuId(2)).receiveMessage());
    assertTrue(there.ports.get(new GpuId(3)).hasMessages());
    assertEquals(1, here.status().sentBundles());
    assertEquals(1, there.status().receivedBundles());
    assertEquals(here.status().sentBytes(), there.status().receivedBytes());
  }

  @Test
  void answersWaitForEachOtherForAWhileOnly() {
    there.trunk.run(carry(2, dispatch(2, 0, 1, 1), dispatch(2, 1, 1, 1)));
    there.takeSent().forEach(here.trunk::run);
    // The other GPU has failed, and never answers.
    here.trunk.run(
        carry(
            0,
            new Departure(
                new Frame.Combine(
                    new GpuId(0), new GpuId(2), 1, 1, 0, new float[LIMITS.hiddenSize()], 100),
                new Lane.Passage(0, 100))));
    assertEquals(0, here.status().sentBundles());
    Effect.TimerScheduled<?> flush =
        here.trunk.getAllEffects().stream()
            .filter(Effect.TimerScheduled.class::isInstance)
            .map(effect -> (Effect.TimerScheduled<?>) effect)
            .findFirst()
            .orElseThrow();
    here.trunk.run((TrunkMessage) flush.msg());
    assertEquals(1, here.status().sentBundles());
  }

  @Test
  void whatTheOtherSideHasMissedIsSentAgainAtOnceAndOnce() {
    here.trunk.run(carry(0, dispatch(0, 2, 1, 1)));
    assertEquals(1, here.takeSent().size());
    here.trunk.run(carry(0, dispatch(0, 2, 2, 1)));
    here.trunk.run(carry(1, dispatch(1, 2, 1, 1)));
    List<Segment> later = here.takeSent();
    later.forEach(there.trunk::run);
    List<Segment> complaints = there.takeSent();
    assertEquals(2, complaints.size());
    complaints.forEach(here.trunk::run);
    List<Segment> again = here.takeSent();
    assertEquals(List.of(1L, 2L, 3L), again.stream().map(Segment::number).toList());
    again.forEach(there.trunk::run);
    assertEquals(3, there.status().receivedBundles());
    assertEquals(3, here.status().resentSegments());
  }

  @Test
  void segmentsOfAnotherRunAreRefusedAndCounted() {
    byte[] bundle =
        new BundleCodec(LIMITS).encode(new Bundle(false, List.of(), List.of(dispatch(2, 0, 1, 1))));
    here.trunk.run(Segments.cut(bundle, 0xcccc, 1, 0).getFirst());
    assertFalse(here.ports.get(new GpuId(0)).hasMessages());
    assertEquals(1, here.status().refusedSegments());
    here.trunk.run(Segments.cut(bundle, 0xbbbb, 1, 0).getFirst());
    assertTrue(here.ports.get(new GpuId(0)).hasMessages());
    assertEquals(1, here.status().refusedSegments());
  }

  @Test
  void garbageIsRefusedCountedAndTakenWhenItComesWhole() {
    byte[] bundle =
        new BundleCodec(LIMITS).encode(new Bundle(false, List.of(), List.of(dispatch(2, 0, 1, 1))));
    byte[] garbage = bundle.clone();
    garbage[0]++;
    here.trunk.run(Segments.cut(garbage, 0xbbbb, 1, 0).getFirst());
    assertEquals(1, here.status().refusedSegments());
    here.lookForLost();
    assertTrue(
        here.takeSent().stream().allMatch(segment -> segment.acknowledged() == 0),
        "what could not be read is not acknowledged");
    here.trunk.run(Segments.cut(bundle, 0xbbbb, 1, 0).getFirst());
    assertTrue(here.ports.get(new GpuId(0)).hasMessages());
    here.lookForLost();
    assertEquals(1, here.takeSent().getLast().acknowledged());
  }

  @Test
  void framesForGpusThatAreNotHereAreRefusedAndTheOthersDelivered() {
    byte[] bundle =
        new BundleCodec(LIMITS)
            .encode(
                new Bundle(false, List.of(), List.of(dispatch(2, 3, 1, 1), dispatch(2, 1, 1, 1))));
    here.trunk.run(Segments.cut(bundle, 0xbbbb, 1, 0).getFirst());
    assertTrue(here.ports.get(new GpuId(1)).hasMessages());
    assertEquals(1, here.status().refusedSegments());
  }

  @Test
  void silentReceiverAcknowledgesWhenMuchHasCome() {
    int rows = WINDOW_BYTES / 4 / (LIMITS.hiddenSize() * Float.BYTES) + 1;
    here.trunk.run(carry(0, dispatch(0, 2, 1, rows)));
    here.takeSent().forEach(there.trunk::run);
    List<Segment> answer = there.takeSent();
    assertEquals(1, answer.size());
    assertTrue(answer.getFirst().onlyAcknowledges());
    assertTrue(answer.getFirst().acknowledged() > 0);
  }
}
