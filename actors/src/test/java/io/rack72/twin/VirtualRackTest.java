package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gpu.GpuStatus;
import io.rack72.gpu.SequenceEvent;
import io.rack72.rack.GoldenPrompts;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole rack in virtual time: the same tokens as on any clock, and one history for a seed. */
class VirtualRackTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  /** Owns any number of sequences, and keeps their tokens. */
  private static Behavior<SequenceEvent> owner(
      Map<SequenceId, List<Integer>> tokens, Set<SequenceId> ended) {
    return Behaviors.receive(SequenceEvent.class)
        .onAnyMessage(
            event -> {
              switch (event) {
                case SequenceEvent.Token token -> {
                  tokens
                      .computeIfAbsent(token.id(), _ -> new ArrayList<>())
                      .add(token.token().id());
                  token.finish().ifPresent(_ -> ended.add(token.id()));
                }
                case SequenceEvent.Ended end -> throw new AssertionError(end.toString());
                case SequenceEvent.Placed _, SequenceEvent.Started _, SequenceEvent.Alive _ -> {}
              }
              return Behaviors.same();
            })
        .build();
  }

  @ParameterizedTest
  @CsvSource({"tiny,1", "tiny,72", "wide,8", "wide,72"})
  void goldenTokensComeOutInVirtualTime(String checkpoint, int expertParallel) {
    VirtualTime time = new VirtualTime();
    long nanos =
        golden(checkpoint, time, new GoldenRack(checkpoint, expertParallel, 4 << 20, time));
    assertTrue(nanos < 10 * MILLI, nanos + " ns for GPUs that take no time");
  }

  @ParameterizedTest
  @CsvSource({"tiny,1", "wide,72"})
  void goldenTokensComeOutAtTheTimesOfARack(String checkpoint, int expertParallel) {
    VirtualTime time = new VirtualTime();
    long nanos =
        golden(
            checkpoint,
            time,
            new GoldenRack(checkpoint, expertParallel, 4 << 20, time, new RoundDurations()));
    // Each step takes a millisecond of its host.
    assertTrue(nanos > 64 * MILLI, nanos + " ns for 64 steps");
  }

  /** Returns how long all prompts took. */
  private static long golden(String checkpoint, VirtualTime time, GoldenRack golden) {
    List<GoldenPrompts.Prompt> prompts = GoldenPrompts.read(checkpoint).prompts();
    Map<SequenceId, List<Integer>> tokens = new TreeMap<>();
    Set<SequenceId> ended = new TreeSet<>();
    try (golden) {
      ActorRef<SequenceEvent> owner = golden.rack().spawn(owner(tokens, ended), "owner");
      for (GoldenPrompts.Prompt prompt : prompts) {
        golden.submit(prompt.name(), 1, prompt.tokenIds(), SamplingParams.greedy(64), owner);
      }
      long begin = time.nowNanos();
      assertTrue(time.runWhile(() -> ended.size() < prompts.size(), begin + 1000 * MILLI));
      final long nanos = time.nowNanos() - begin;
      for (GoldenPrompts.Prompt prompt : prompts) {
        assertArrayEquals(
            prompt.greedy64(),
            tokens.get(new SequenceId(prompt.name(), 0)).stream()
                .mapToInt(Integer::intValue)
                .toArray(),
            prompt.name());
      }
      assertIdle(golden.rack());
      return nanos;
    }
  }

  private static void assertIdle(VirtualRack rack) {
    for (GpuStatus gpu : rack.status().gpus()) {
      assertEquals(
          0,
          gpu.sequencesRunning() + gpu.sequencesWaiting() + gpu.sequencesPaused(),
          gpu::toString);
      assertEquals(0, gpu.kvFull().used() + gpu.kvSliding().used(), gpu::toString);
    }
  }

  @Test
  void oneSeedIsOneHistory() {
    EventHistory first = run(1);
    String expected = first.digest();
    assertTrue(first.events() > 50_000, () -> first.events() + " events are not much of a run");
    for (int repetition = 2; repetition <= 8; repetition++) {
      assertEquals(expected, run(1).digest(), "repetition " + repetition);
    }
    assertNotEquals(expected, run(2).digest(), "another seed");
  }

  /** What a JVM hashes by identity or salts anew must not show. */
  @Test
  void anotherJvmHasTheSameHistory() throws IOException {
    Process other =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--add-modules=jdk.incubator.vector",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                VirtualRackTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = other.inputReader()) {
      assertEquals(run(1).digest(), lines.readLine());
    }
  }

  /** Prints the digest of one run. */
  public static void main(String[] none) {
    System.out.println(run(1).digest());
  }

  /** Sequences that come at any time, are paused, resumed and cancelled, in too little memory. */
  private static EventHistory run(long seed) {
    EventHistory history = new EventHistory();
    VirtualTime time = new VirtualTime(history);
    SplittableRandom random = new SplittableRandom(seed);
    Map<SequenceId, List<Integer>> tokens = new TreeMap<>();
    Set<SequenceId> ended = new TreeSet<>();
    try (GoldenRack golden = new GoldenRack("tiny", 72, 1 << 20, time)) {
      VirtualRack rack = golden.rack();
      ActorRef<SequenceEvent> owner = rack.spawn(owner(tokens, ended), "owner");
      for (int i = 0; i < 60; i++) {
        String name = "request-" + i;
        SequenceId id = new SequenceId(name, 0);
        int[] prompt = random.ints(random.nextInt(1, 60), 0, 512).toArray();
        SamplingParams params = sampled(random.nextLong(), random.nextInt(1, 12));
        long begin = random.nextLong(10 * MILLI);
        time.wakeAt(begin, () -> golden.submit(name, 1, prompt, params, owner));
        if (i % 4 == 0) {
          // Long enough to go by unnoticed only where nobody waits for it.
          long pause = begin + random.nextLong(MILLI / 10);
          time.wakeAt(pause, () -> rack.router().tell(new RouterActor.Pause(id)));
          time.wakeAt(
              pause + TimeUnit.HOURS.toNanos(1),
              () -> rack.router().tell(new RouterActor.Resume(id)));
        } else if (i % 4 == 1) {
          time.wakeAt(
              begin + random.nextLong(MILLI / 5),
              () -> rack.router().tell(new RouterActor.Cancel(id)));
        }
      }
      time.runUntil(TimeUnit.HOURS.toNanos(2));
      assertTrue(ended.size() >= 45, () -> ended.size() + " of 60 ended by themselves");
      assertIdle(rack);
    }
    return history;
  }

  private static SamplingParams sampled(long seed, int tokens) {
    return new SamplingParams(
        0.9f, 0.95f, 40, 0, seed, 0, 0, 1, Map.of(), -1, tokens, 0, Set.of(), true);
  }
}
