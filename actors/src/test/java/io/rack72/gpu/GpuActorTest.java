package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.clock.ManualClock;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortActor;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvMemory;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.Placement;
import io.rack72.rack.NodeParts;
import io.rack72.rack.RackSettings;
import io.rack72.sampling.BrokenLogitsException;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.sampling.TokenSource;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SchedulerLimits;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.BehaviorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.PostStop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** GPUs that follow one placement after another. The test carries their frames. */
class GpuActorTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6};
  private static final int TOKENS = 12;

  private final Checkpoint checkpoint =
      Checkpoint.open(Path.of("../runtime/src/test/resources/golden/tiny"));
  private final Workers workers = new Workers(1);
  private final Numerics numerics = Numerics.exact(checkpoint, workers);
  private final NodeParts parts =
      new NodeParts(
          new RackSettings(
              new RackProfile(
                  "test",
                  3,
                  1,
                  new GpuProfile(1L << 30, 900_000_000_000L, 1_000, 1L << 30, 225_000_000_000L)),
              3,
              1,
              new KvMemory(16, 4 << 20),
              new SchedulerLimits(512, 128, PROMPT.length / 2, 64, 256, 4096, 64, 4096),
              64 << 20,
              1),
          checkpoint,
          "tiny",
          Optional.empty(),
          numerics,
          ForwardObserver.NONE);
  private final ManualClock clock = new ManualClock();
  private final Map<GpuId, Gpu> gpus = new TreeMap<>();
  private final List<Frame> held = new ArrayList<>();
  private final List<Frame> takenBack = new ArrayList<>();
  private final TestInbox<SequenceReleased> router = TestInbox.create();
  private final TestInbox<SequenceEvent> owner = TestInbox.create();
  private final TestInbox<PlacementStep> steps = TestInbox.create();
  // Frames like these are kept, and delivered when the test says so.
  private Predicate<Frame> holds = _ -> false;

  GpuActorTest() {
    for (int i = 0; i < 3; i++) {
      gpus.put(new GpuId(i), new Gpu(new GpuId(i)));
    }
  }

  @AfterEach
  void close() {
    gpus.values().forEach(gpu -> gpu.actor.signal(PostStop.instance()));
    numerics.close();
    workers.close();
    checkpoint.close();
  }

  private final class Gpu {
    private final TestInbox<PortActor.Command> port = TestInbox.create();
    private final BehaviorTestKit<GpuActor.Command> actor;
    private final ActorRef<Frame> frames;
    private final TestInbox<GpuStatus> board = TestInbox.create();

    Gpu(GpuId id) {
      this(parts.gpu(id));
    }

    Gpu(GpuParts ofGpu) {
      actor =
          BehaviorTestKit.create(GpuActor.create(ofGpu, 1, port.getRef(), board.getRef(), clock));
      frames = ((PortActor.Attach) port.receiveMessage()).gpu();
    }

    private long hedges() {
      return board.getAllReceived().getLast().hedges();
    }

    private long steps() {
      return board.getAllReceived().getLast().steps();
    }
  }

  private void avoid(boolean hold, int... gpus) {
    Set<GpuId> out = new HashSet<>();
    IntStream.of(gpus).forEach(gpu -> out.add(new GpuId(gpu)));
    gpu(0).actor.run(new GpuActor.Avoid(out, Set.of(), hold));
  }

  /** The first GPU hears of slow ports. */
  private void slowPorts(int... gpus) {
    Set<GpuId> slow = new HashSet<>();
    IntStream.of(gpus).forEach(gpu -> slow.add(new GpuId(gpu)));
    gpu(0).actor.run(new GpuActor.Avoid(Set.of(), slow, false));
  }

  private List<Integer> slow() {
    return gpu(0).board.getAllReceived().getLast().slow();
  }

  private Gpu gpu(int index) {
    return gpus.get(new GpuId(index));
  }

  /** Carries all that is under way, and all that comes of it, except what is held. */
  private void settle() {
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Gpu gpu : gpus.values()) {
        while (gpu.actor.selfInbox().hasMessages()) {
          moved = true;
          gpu.actor.runOne();
        }
        for (PortActor.Command sent : gpu.port.getAllReceived()) {
          for (Frame frame : frames(sent)) {
            moved = true;
            if (holds.test(frame)) {
              held.add(frame);
            } else {
              gpus.get(frame.to()).frames.tell(frame);
            }
          }
        }
      }
    }
  }

  private List<Frame> frames(PortActor.Command sent) {
    return switch (sent) {
      case PortActor.Send(List<Frame> frames) -> frames;
      case PortActor.TakeBack(List<Frame.Dispatch> frames) -> {
        takenBack.addAll(frames);
        yield List.of();
      }
      default -> throw new AssertionError("a GPU does not tell its port " + sent);
    };
  }

  /** One of which the first GPU has the sequences. */
  private Placement placement(long epoch, int... gpus) {
    return placement(epoch, 1, gpus);
  }

  private Placement placement(long epoch, int attending, int[] gpus) {
    List<GpuId> ids = IntStream.of(gpus).mapToObj(GpuId::new).toList();
    return Placement.first(
        new ExpertPlacement(
            epoch, gpus.length, checkpoint.config().layers(), checkpoint.config().experts(), ids),
        attending);
  }

  private void prepare(Placement placement, int... to) {
    for (int index : to) {
      gpu(index).actor.run(new GpuActor.Prepare(placement, steps.getRef()));
      assertEquals(
          new PlacementStep.Prepared(new GpuId(index), placement.epoch()), steps.receiveMessage());
    }
  }

  private void commit(long epoch, Set<GpuId> lost, int... to) {
    for (int index : to) {
      gpu(index).actor.run(new GpuActor.Commit(epoch, lost, steps.getRef()));
    }
  }

  private void follow(Placement placement, int... to) {
    prepare(placement, to);
    commit(placement.epoch(), Set.of(), to);
    for (int index : to) {
      assertEquals(
          new PlacementStep.Settled(new GpuId(index), placement.epoch()), steps.receiveMessage());
    }
  }

  /** The first GPU with another sampler and as much HBM. */
  private void replace(GpuParts first, TokenSource sampler, long hbmBytes) {
    gpus.put(
        first.id(),
        new Gpu(
            new GpuParts(
                first.id(),
                first.tray(),
                first.config(),
                first.device(),
                first.attendance(),
                sampler,
                first.hostLink(),
                first.hedge(),
                first.expertBytes(),
                first.sharedBytes(),
                hbmBytes)));
  }

  private static SequenceId id(String name) {
    return new SequenceId(name, 0);
  }

  private void admit(int index, String name) {
    admit(index, name, SamplingParams.greedy(TOKENS), owner);
  }

  private void admit(
      int index, String name, SamplingParams params, TestInbox<SequenceEvent> itsOwner) {
    admit(
        index,
        new SequenceRequest(id(name), 1, PROMPT, new int[0], params, Standing.DEFAULT),
        itsOwner);
  }

  private void admit(int index, SequenceRequest request, TestInbox<SequenceEvent> itsOwner) {
    gpu(index).actor.run(new GpuActor.Admit(request, itsOwner.getRef(), router.getRef()));
  }

  /** A second attempt, after some tokens on a GPU that is lost. */
  private void admitMoved(int index, String name, int... generatedIds) {
    admit(
        index,
        new SequenceRequest(
            id(name), 2, PROMPT, generatedIds, SamplingParams.greedy(TOKENS), Standing.DEFAULT),
        owner);
  }

  private List<SampledToken> tokens() {
    return owner.getAllReceived().stream()
        .filter(SequenceEvent.Token.class::isInstance)
        .map(event -> ((SequenceEvent.Token) event).token())
        .toList();
  }

  private List<SampledToken> undisturbed() {
    follow(placement(1, 0, 1, 2), 0, 1, 2);
    admit(0, "undisturbed");
    settle();
    List<SampledToken> tokens = tokens();
    assertEquals(TOKENS, tokens.size());
    assertEquals(new SequenceReleased(id("undisturbed"), 1, false), router.receiveMessage());
    return tokens;
  }

  private void assertGivenBack(String name) {
    assertEquals(new SequenceReleased(id(name), 1, true), router.receiveMessage());
    SequenceEvent.Ended ended = (SequenceEvent.Ended) owner.receiveMessage();
    assertEquals(id(name), ended.id());
    assertEquals(SequenceEvent.Cause.MOVED, ended.cause());
  }

  @Test
  void stepThatWaitsForALostGpuBeginsAnewAndLateAnswersChangeNothing() {
    List<SampledToken> expected = undisturbed();
    // What GPU 1 answers is late, and GPU 2 never answers.
    holds = frame -> frame.to().index() == 2 || frame.from().index() == 1;
    admit(0, "disturbed");
    settle();
    assertFalse(held.isEmpty(), "the step does not wait");
    assertEquals(List.of(), tokens());
    prepare(placement(2, 0, 1), 0, 1);
    commit(2, Set.of(new GpuId(2)), 0, 1);
    List<Frame> late = List.copyOf(held);
    assertTrue(late.stream().anyMatch(frame -> frame.from().index() == 1));
    held.clear();
    holds = _ -> false;
    late.stream()
        .filter(frame -> frame.to().index() == 0)
        .forEach(frame -> gpu(0).frames.tell(frame));
    settle();
    // Those that come once more, when the step is over.
    late.stream()
        .filter(frame -> frame.to().index() == 0)
        .forEach(frame -> gpu(0).frames.tell(frame));
    settle();
    assertEquals(expected, tokens());
    assertEquals(
        Set.of(
            new PlacementStep.Settled(new GpuId(0), 2), new PlacementStep.Settled(new GpuId(1), 2)),
        Set.copyOf(steps.getAllReceived()));
  }

  @Test
  void whatASilentGpuOwesIsComputedHereAndItIsAskedNoMore() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() == 2;
    admit(0, "disturbed");
    settle();
    List<Frame> late = List.copyOf(held);
    assertFalse(late.isEmpty(), "the step does not wait");
    held.clear();
    // Its node is not heard any more; no change of the rack has begun.
    avoid(false, 2);
    settle();
    assertEquals(List.of(), held, "it is asked for more");
    assertEquals(expected, tokens());
    // It comes back, answers what it was asked long ago, and is asked again.
    holds = _ -> false;
    avoid(false);
    late.forEach(frame -> gpu(2).frames.tell(frame));
    settle();
    assertEquals(List.of(), tokens());
    admit(0, "again");
    settle();
    assertEquals(expected, tokens());
  }

  @Test
  void lateAnswerOfAGpuThatWasReplacedChangesNothing() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.from().index() == 2 || frame.from().index() == 1;
    admit(0, "disturbed");
    settle();
    List<Frame> late = List.copyOf(held);
    avoid(false, 2);
    // The layer still waits for GPU 1, and what GPU 2 had sent comes now.
    late.stream().filter(f -> f.from().index() == 2).forEach(f -> gpu(0).frames.tell(f));
    late.stream().filter(f -> f.from().index() == 1).forEach(f -> gpu(0).frames.tell(f));
    holds = _ -> false;
    settle();
    assertEquals(expected, tokens());
  }

  @Test
  void smallerPartOfTheRackLetsNoTokenOutUntilItHearsTheOthers() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() == 2;
    admit(0, "held");
    settle();
    avoid(true, 2);
    settle();
    assertEquals(List.of(), tokens());
    admit(0, "later");
    settle();
    assertEquals(List.of(), tokens());
    gpu(0).actor.run(new GpuActor.Cancel(id("later"), 1));
    holds = _ -> false;
    avoid(false);
    settle();
    assertEquals(expected, tokens());
  }

  @Test
  void gpuThatIsSlowIsHedgedAgainst() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() == 2;
    admit(0, "slow");
    settle();
    assertEquals(List.of(), tokens());
    clock.advanceTo(clock.nowNanos() + parts.settings().hedge().deadline().toNanos());
    settle();
    assertEquals(expected, tokens());
    assertTrue(gpu(0).hedges() > 0);
  }

  @Test
  void sequenceWithoutANextTokenFailsAloneAndOthersOfTheStepGoOnOrEnd() {
    GpuParts well = parts.gpu(new GpuId(0));
    SamplingParams broken =
        new SamplingParams(0, 1, 0, 0, 13, 0, 0, 1, Map.of(), -1, TOKENS, 0, Set.of(), true);
    replace(
        well,
        (logits, offset, vocabSize, params, history, position) -> {
          if (params.equals(broken)) {
            throw new BrokenLogitsException("they are broken");
          }
          return well.sampler().sample(logits, offset, vocabSize, params, history, position);
        },
        well.hbmLimitBytes());
    List<SampledToken> expected = undisturbed();
    TestInbox<SequenceEvent> otherOwner = TestInbox.create();
    admit(0, "short", SamplingParams.greedy(1), owner);
    admit(0, "broken", broken, otherOwner);
    admit(0, "long", SamplingParams.greedy(TOKENS), owner);
    settle();

    List<SequenceEvent.Token> tokens =
        owner.getAllReceived().stream()
            .filter(SequenceEvent.Token.class::isInstance)
            .map(SequenceEvent.Token.class::cast)
            .toList();
    assertEquals(
        new SequenceEvent.Token(
            id("short"), 1, 0, expected.getFirst(), Optional.of(FinishReason.LENGTH)),
        tokens.getFirst());
    List<SequenceEvent.Token> ofLong = tokens.subList(1, tokens.size());
    assertEquals(expected, ofLong.stream().map(SequenceEvent.Token::token).toList());
    for (int i = 0; i < TOKENS; i++) {
      assertEquals(id("long"), ofLong.get(i).id());
      assertEquals(i, ofLong.get(i).index());
      assertEquals(i == TOKENS - 1, ofLong.get(i).finish().isPresent());
    }
    assertEquals(
        new SequenceEvent.Ended(
            id("broken"),
            1,
            SequenceEvent.Cause.FAILED,
            "no token could be chosen: they are broken"),
        otherOwner.getAllReceived().getLast());
    assertEquals(
        List.of(
            new SequenceReleased(id("short"), 1, false),
            new SequenceReleased(id("broken"), 1, false),
            new SequenceReleased(id("long"), 1, false)),
        router.getAllReceived());
  }

  @Test
  void slowOwnerIsWaitedForWhereThereIsNoRoomForItsExperts() {
    List<SampledToken> expected = undisturbed();
    GpuParts roomy = parts.gpu(new GpuId(0));
    replace(roomy, roomy.sampler(), roomy.sharedBytes());
    follow(placement(1, 0, 1, 2), 0);
    holds = frame -> frame.to().index() == 2;
    admit(0, "slow");
    List<SampledToken> tokens = new ArrayList<>();
    // Each layer of each step is answered long after the time in which others would be asked.
    for (int layer = 0; layer < 4 * TOKENS && tokens.size() < TOKENS; layer++) {
      settle();
      for (int wait = 0; wait < 4; wait++) {
        clock.advanceTo(clock.nowNanos() + parts.settings().hedge().deadline().toNanos());
        settle();
      }
      List<Frame> late = List.copyOf(held);
      held.clear();
      late.forEach(frame -> gpu(2).frames.tell(frame));
      settle();
      tokens.addAll(tokens());
    }
    assertEquals(expected, tokens);
    assertEquals(0, gpu(0).hedges());
  }

  @Test
  void gpuBehindASlowPortIsNotAskedAndWhatItOwesIsComputedHere() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() == 2;
    admit(0, "waits");
    settle();
    List<Frame> asked = List.copyOf(held);
    assertFalse(asked.isEmpty());
    held.clear();
    slowPorts(2);
    settle();
    assertEquals(expected, tokens());
    assertEquals(asked, takenBack);
    assertEquals(List.of(), held, "nothing else went there");
    assertEquals(List.of(2), slow());
    slowPorts();
    admit(0, "well again");
    settle();
    assertFalse(held.isEmpty());
  }

  @Test
  void gpuBehindASlowPortAsksItselfForEverything() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() != 0;
    admit(0, "waits");
    settle();
    held.clear();
    slowPorts(0);
    settle();
    assertEquals(expected, tokens());
    assertEquals(List.of(), held);
    assertEquals(List.of(), slow(), "the others are not");
  }

  @Test
  void slowPortsAreUsedWhereThereIsNoRoom() {
    List<SampledToken> expected = undisturbed();
    GpuParts roomy = parts.gpu(new GpuId(0));
    replace(roomy, roomy.sampler(), roomy.sharedBytes());
    follow(placement(1, 0, 1, 2), 0);
    slowPorts(0, 2);
    admit(0, "no room");
    settle();
    assertEquals(List.of(), tokens());
    clock.advanceTo(clock.nextWakeNanos());
    settle();
    assertEquals(expected, tokens());
    assertEquals(0, gpu(0).hedges());
  }

  @Test
  void slowOwnerIsAskedWhereWhoeverStandsInForItHasNoRoomEither() {
    List<SampledToken> expected = undisturbed();
    thirdIsSlowAndOthersHaveNoRoom();
    admit(0, "no room");
    settle();
    assertEquals(List.of(), tokens(), "the second has refused, and the first waits a while");
    clock.advanceTo(clock.nextWakeNanos());
    settle();
    assertEquals(expected, tokens());
    assertEquals(0, gpu(0).hedges());
  }

  @Test
  void askerWithRoomComputesWhatAStandInHasNoRoomFor() {
    List<SampledToken> expected = undisturbed();
    GpuParts tight = parts.gpu(new GpuId(1));
    replace(tight, tight.sampler(), 0);
    firstOwnsMost();
    // The owner stands still, and whoever stands in for it refuses.
    holds = frame -> frame.to().index() == 2;
    admit(0, "room");
    settle();
    assertEquals(expected, tokens());
    assertTrue(gpu(0).hedges() > 0);
  }

  @Test
  void slowOwnerIsAskedWhereWhoeverStandsInForItSaysNothing() {
    List<SampledToken> expected = undisturbed();
    thirdIsSlowAndOthersHaveNoRoom();
    holds = frame -> frame.to().index() == 1;
    admit(0, "no room");
    settle();
    assertFalse(held.isEmpty());
    held.clear();
    holds = _ -> false;
    clock.advanceTo(clock.nowNanos() + parts.settings().hedge().deadline().toNanos());
    settle();
    assertEquals(expected, tokens());
    assertEquals(0, gpu(0).hedges());
    // Later too nobody waits for a stand-in again.
    clock.advanceTo(clock.nowNanos() + Duration.ofMinutes(1).toNanos());
    admit(0, "no room either");
    settle();
    assertEquals(expected, tokens());
  }

  /** The second GPU, not the first, stands in for the third. */
  private void thirdIsSlowAndOthersHaveNoRoom() {
    for (int gpu = 0; gpu < 2; gpu++) {
      GpuParts roomy = parts.gpu(new GpuId(gpu));
      replace(roomy, roomy.sampler(), 0);
    }
    firstOwnsMost();
  }

  /** So the second, not the first, stands in for the third, whose port is slow. */
  private void firstOwnsMost() {
    int layers = checkpoint.config().layers();
    int experts = checkpoint.config().experts();
    int[] owners = new int[layers * experts];
    for (int slot = 0; slot < owners.length; slot++) {
      int quarter = 4 * (slot % experts) / experts;
      owners[slot] = Math.max(0, quarter - 1);
    }
    Placement placement =
        Placement.first(
            new ExpertPlacement(2, 3, layers, experts, new int[] {0, 1, 2}, new int[][] {owners}),
            1);
    follow(placement, 0, 1, 2);
    slowPorts(2);
  }

  @Test
  void laterAttemptReplacesAnEarlierOneAndCancelOfThatLeavesIt() {
    follow(placement(1, 0, 1, 2), 0, 1, 2);
    holds = frame -> frame.to().index() == 2;
    admit(0, "again");
    settle();
    admitMoved(0, "again");
    gpu(0).actor.run(new GpuActor.Cancel(id("again"), 1));
    gpu(0).actor.run(new GpuActor.Probe(id("again"), 1, owner.getRef()));
    gpu(0).actor.run(new GpuActor.Probe(id("again"), 2, owner.getRef()));
    List<SequenceEvent> told = owner.getAllReceived();
    assertEquals(new SequenceEvent.Alive(id("again"), 2, 0), told.getLast());
    assertEquals(
        SequenceEvent.Cause.MOVED, ((SequenceEvent.Ended) told.get(told.size() - 2)).cause());
    holds = _ -> false;
    List.copyOf(held).forEach(frame -> gpu(2).frames.tell(frame));
    settle();
    List<SequenceEvent> events = owner.getAllReceived();
    assertTrue(events.stream().allMatch(event -> event.attempt() == 2), events.toString());
    assertEquals(TOKENS, events.stream().filter(SequenceEvent.Token.class::isInstance).count());
  }

  @Test
  void promptsAreHeldBackWhileAReplyStandsStillOnAnotherGpu() {
    follow(placement(1, 2, new int[] {0, 1, 2}), 0, 1, 2);
    holds = frame -> frame.from().index() == 0 && frame.to().index() == 2;
    admit(0, "prompt");
    settle();
    admit(1, "beside a prompt", SamplingParams.greedy(1), owner);
    settle();
    assertEquals(1, gpu(1).steps());
    holds = _ -> false;
    held.forEach(frame -> gpu(2).frames.tell(frame));
    settle();

    holds = frame -> frame.from().index() == 0 && frame.to().index() == 2;
    admitMoved(0, "moved", 7);
    settle();
    admit(1, "beside a standstill", SamplingParams.greedy(1), owner);
    settle();
    assertEquals(1 + 2, gpu(1).steps(), "each with half of the prompt");
  }

  @Test
  void stepInFlightEndsByItsPlacementBeforeTheGpuIsSettled() {
    List<SampledToken> expected = undisturbed();
    holds = frame -> frame.to().index() == 2;
    admit(0, "moving");
    settle();
    prepare(placement(2, 0, 1), 0, 1);
    commit(2, Set.of(), 0);
    assertFalse(steps.hasMessages(), "a step still follows the first placement");
    holds = _ -> false;
    held.forEach(frame -> gpu(2).frames.tell(frame));
    settle();
    assertEquals(new PlacementStep.Settled(new GpuId(0), 2), steps.receiveMessage());
    assertEquals(expected, tokens());
  }

  @Test
  void gpuThatTakesNoSequencesAnyMoreGivesThemBackAndRefusesNewOnesTheSameWay() {
    follow(placement(1, 0, 1, 2), 0, 1, 2);
    holds = frame -> frame.to().index() == 2;
    admit(0, "live");
    settle();
    assertTrue(owner.hasMessages());
    owner.getAllReceived();
    prepare(placement(2, 1, 2), 0, 1, 2);
    commit(2, Set.of(), 0);
    assertGivenBack("live");
    admit(0, "late");
    assertGivenBack("late");
    assertFalse(steps.hasMessages(), "the step in flight is still there");
    holds = _ -> false;
    held.forEach(frame -> gpu(2).frames.tell(frame));
    settle();
    assertEquals(new PlacementStep.Settled(new GpuId(0), 2), steps.receiveMessage());
    assertFalse(owner.hasMessages(), "nothing follows the end");
  }

  @Test
  void gpuThatTakesNoSequencesAnyMoreDoesNotWaitForALostOne() {
    follow(placement(1, 0, 1, 2), 0, 1, 2);
    holds = frame -> frame.to().index() == 2;
    admit(0, "live");
    settle();
    owner.getAllReceived();
    prepare(placement(2, 1), 0, 1);
    commit(2, Set.of(new GpuId(2)), 0);
    assertGivenBack("live");
    assertEquals(new PlacementStep.Settled(new GpuId(0), 2), steps.receiveMessage());
    held.forEach(frame -> gpu(2).frames.tell(frame));
    holds = _ -> false;
    settle();
    assertFalse(owner.hasMessages());
  }

  @Test
  void sequenceThatComesBeforeTheCommitIsTakenWithIt() {
    List<SampledToken> expected = undisturbed();
    prepare(placement(2, 1, 2), 0, 1, 2);
    // Another node has been told to follow the placement, and GPU 1 has not yet.
    admit(1, "early");
    admit(1, "unwanted");
    gpu(1).actor.run(new GpuActor.Cancel(id("unwanted"), 1));
    settle();
    assertFalse(owner.hasMessages());
    assertFalse(router.hasMessages());
    commit(2, Set.of(), 0, 1, 2);
    settle();
    assertEquals(new SequenceReleased(id("unwanted"), 1, false), router.receiveMessage());
    assertEquals(new SequenceReleased(id("early"), 1, false), router.receiveMessage());
    assertEquals(expected, tokens());
  }

  @Test
  void releaseRefusesWhatFollowsEarlierPlacements() {
    follow(placement(1, 0, 1, 2), 0, 1, 2);
    holds = frame -> frame.to().index() == 1;
    admit(0, "live");
    settle();
    Frame asked = held.getFirst();
    holds = frame -> frame.from().index() == 1;
    held.clear();
    follow(placement(2, 0, 1, 2), 1);
    gpu(1).frames.tell(asked);
    settle();
    assertEquals(1, held.size(), "both placements are followed until the release");
    gpu(1).actor.run(new GpuActor.Release(2));
    gpu(1).frames.tell(asked);
    settle();
    assertEquals(1, held.size());
  }
}
