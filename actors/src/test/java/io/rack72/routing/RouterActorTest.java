package io.rack72.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.rack72.gpu.GpuActor;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceReleased;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.kv.KvMemory;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RouterActorTest {
  private final ActorTestKit kit = ActorTestKit.create();
  private final TestProbe<GpuActor.Command> gpu0 = kit.createTestProbe();
  private final TestProbe<GpuActor.Command> gpu1 = kit.createTestProbe();
  private final TestProbe<SequenceEvent> owner = kit.createTestProbe();
  private final ActorRef<RouterActor.Command> router;

  RouterActorTest() {
    TreeMap<GpuId, ActorRef<GpuActor.Command>> gpus = new TreeMap<>();
    gpus.put(new GpuId(0), gpu0.getRef());
    gpus.put(new GpuId(1), gpu1.getRef());
    router = kit.spawn(RouterActor.create(2, new KvMemory(4, 1), 0));
    router.tell(new RouterActor.Route(gpus, Set.of()));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private static SequenceId id(int n) {
    return new SequenceId("request-" + n, 0);
  }

  private void submit(int n) {
    submit(n, new int[] {1, 2}, 10);
  }

  private void submit(int n, int[] prompt, int maxTokens) {
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                id(n), 1, prompt, new int[0], SamplingParams.greedy(maxTokens), Standing.DEFAULT),
            owner.getRef()));
  }

  private static GpuActor.Admit admitted(TestProbe<GpuActor.Command> gpu) {
    return gpu.expectMessageClass(GpuActor.Admit.class);
  }

  @Test
  void cancelGoesToTheGpuThatHasTheSequence() {
    submit(1);
    submit(2);
    assertEquals(id(1), admitted(gpu0).request().id());
    assertEquals(id(2), admitted(gpu1).request().id());
    router.tell(new RouterActor.Cancel(id(2)));
    assertEquals(id(2), gpu1.expectMessageClass(GpuActor.Cancel.class).id());
  }

  @Test
  void releasedSequenceNoLongerWeighsOnItsGpu() {
    submit(1);
    GpuActor.Admit first = admitted(gpu0);
    submit(2);
    admitted(gpu1);
    first.router().tell(new SequenceReleased(id(1), 1, false));
    submit(3);
    assertEquals(id(3), admitted(gpu0).request().id());
  }

  @Test
  void aPromptGoesWhereItsBeginningWasSentUnlessThatGpuIsTooBusy() {
    int[] text = IntStream.range(0, 41).toArray();
    submit(1, text, 10);
    assertEquals(id(1), admitted(gpu0).request().id());
    submit(2, new int[] {1}, 300);
    assertEquals(id(2), admitted(gpu1).request().id(), "a reply is expected to have 256 tokens");
    // On the first GPU 51 tokens of work and 11 more, on the second 257 and 51.
    int[] longer = Arrays.copyOf(text, 42);
    submit(3, longer, 10);
    assertEquals(id(3), admitted(gpu0).request().id());
    // 62 and 200 more, or 257 and 240 more.
    submit(4, longer, 198);
    assertEquals(id(4), admitted(gpu0).request().id());
    // 262 and 12 more, or 257 and 1 more.
    submit(5, longer, 10);
    assertEquals(id(5), admitted(gpu0).request().id());
    submit(6, new int[] {9}, 1);
    assertEquals(id(6), admitted(gpu1).request().id());
  }

  @Test
  void sequenceThatIsBeingGeneratedIsNotTakenTwice() {
    submit(1);
    submit(1);
    assertEquals(
        SequenceEvent.Cause.FAILED, owner.expectMessageClass(SequenceEvent.Ended.class).cause());
    admitted(gpu0);
    submit(2);
    assertEquals(id(2), admitted(gpu1).request().id(), "the refused one weighs nothing");
  }

  private void route(int... open) {
    TreeMap<GpuId, ActorRef<GpuActor.Command>> gpus = new TreeMap<>();
    for (int gpu : open) {
      gpus.put(new GpuId(gpu), gpu == 0 ? gpu0.getRef() : gpu1.getRef());
    }
    router.tell(new RouterActor.Route(gpus, Set.of()));
  }

  @Test
  void aGpuThatGivesASequenceBackGetsNoMore() {
    submit(1);
    admitted(gpu0).router().tell(new SequenceReleased(id(1), 1, true));
    submit(2);
    assertEquals(id(2), admitted(gpu1).request().id());
    submit(3);
    assertEquals(id(3), admitted(gpu1).request().id());
  }

  @Test
  void withoutAGpuSequencesWaitInOrderAndPaused() {
    route();
    submit(1);
    submit(2);
    submit(3);
    router.tell(new RouterActor.Pause(id(1)));
    router.tell(new RouterActor.Cancel(id(2)));
    route(1);
    assertEquals(id(1), admitted(gpu1).request().id());
    assertEquals(id(1), gpu1.expectMessageClass(GpuActor.Pause.class).id());
    assertEquals(id(3), admitted(gpu1).request().id());
  }

  @Test
  void sequencesOfAGpuThatDoesNotAnswerGoElsewhereAndItIsUsedAgainLater() {
    submit(1);
    admitted(gpu0);
    router.tell(new RouterActor.Avoid(Set.of(new GpuId(0)), Set.of()));
    assertEquals(
        SequenceEvent.Cause.LOST, owner.expectMessageClass(SequenceEvent.Ended.class).cause());
    assertEquals(1, gpu0.expectMessageClass(GpuActor.Cancel.class).attempt());
    submit(2);
    submit(3);
    admitted(gpu1);
    admitted(gpu1);
    router.tell(new RouterActor.Avoid(Set.of(new GpuId(0), new GpuId(1)), Set.of()));
    submit(4);
    owner.expectMessageClass(SequenceEvent.Ended.class);
    owner.expectMessageClass(SequenceEvent.Ended.class);
    router.tell(new RouterActor.Avoid(Set.of(new GpuId(1)), Set.of()));
    assertEquals(id(4), admitted(gpu0).request().id(), "it waited");
  }

  @Test
  void gpuBehindASlowPortKeepsWhatItHasAndGetsMoreWhereAllAreSlow() {
    submit(1);
    GpuActor.Admit first = admitted(gpu0);
    router.tell(new RouterActor.Avoid(Set.of(), Set.of(new GpuId(0))));
    submit(2);
    assertEquals(id(2), admitted(gpu1).request().id());
    submit(3);
    assertEquals(id(3), admitted(gpu1).request().id());
    submitAgain(4, new GpuId(0));
    assertEquals(id(4), admitted(gpu1).request().id());
    router.tell(new RouterActor.Avoid(Set.of(), Set.of(new GpuId(0), new GpuId(1))));
    submit(5);
    assertEquals(id(5), admitted(gpu0).request().id());
    first.router().tell(new SequenceReleased(id(1), 1, false));
    router.tell(new RouterActor.Avoid(Set.of(), Set.of()));
    submit(6);
    assertEquals(id(6), admitted(gpu0).request().id());
  }

  @Test
  void sequencesOfALostGpuAreGivenBackAndLaterAttemptsAreTaken() {
    submit(1);
    admitted(gpu0);
    TreeMap<GpuId, ActorRef<GpuActor.Command>> left = new TreeMap<>();
    left.put(new GpuId(1), gpu1.getRef());
    router.tell(new RouterActor.Route(left, Set.of(new GpuId(0))));
    assertEquals(
        SequenceEvent.Cause.LOST, owner.expectMessageClass(SequenceEvent.Ended.class).cause());
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                id(1), 2, new int[] {1}, new int[] {5}, SamplingParams.greedy(3), Standing.DEFAULT),
            owner.getRef()));
    GpuActor.Admit second = admitted(gpu1);
    assertEquals(2, second.request().attempt());
    second.router().tell(new SequenceReleased(id(1), 1, true));
    router.tell(new RouterActor.Cancel(id(1)));
    assertEquals(
        id(1),
        gpu1.expectMessageClass(GpuActor.Cancel.class).id(),
        "word of an earlier attempt changes nothing");
  }

  @Test
  void whenTheRackIsLostEverySequenceEndsAndNoneIsTaken() {
    submit(1);
    admitted(gpu0);
    router.tell(new RouterActor.RackLost("gpu-1 has failed"));
    SequenceEvent.Ended ended = assertInstanceOf(SequenceEvent.Ended.class, owner.receiveMessage());
    assertEquals(id(1), ended.id());
    assertEquals(SequenceEvent.Cause.UNAVAILABLE, ended.cause());
    assertEquals("the rack cannot serve now: gpu-1 has failed", ended.detail());
    submit(2);
    assertEquals(id(2), owner.expectMessageClass(SequenceEvent.Ended.class).id());
  }

  @Test
  void sequenceThatGoesOnIsPlacedWhereItWasComputedUnlessThatGpuIsOut() {
    submitAgain(1, new GpuId(1));
    assertEquals(id(1), admitted(gpu1).request().id());
    // One that others tell of, and that is not of this rack.
    submitAgain(2, new GpuId(9));
    assertEquals(id(2), admitted(gpu0).request().id());
    router.tell(new RouterActor.Avoid(Set.of(new GpuId(1)), Set.of()));
    submitAgain(3, new GpuId(1));
    assertEquals(id(3), admitted(gpu0).request().id());
  }

  @Test
  void sequenceThatGoesOnAvoidsAGpuThatHasJustCome() {
    TreeMap<GpuId, ActorRef<GpuActor.Command>> both = new TreeMap<>();
    both.put(new GpuId(0), gpu0.getRef());
    both.put(new GpuId(1), gpu1.getRef());
    submit(1, new int[] {1, 2}, 200);
    admitted(gpu0);
    submitAgain(2, Optional.empty());
    assertEquals(id(2), admitted(gpu1).request().id(), "all of them are new");
    router.tell(new RouterActor.Route(both, Set.of(new GpuId(1))));
    gpu1.expectMessageClass(GpuActor.Cancel.class);

    submitAgain(3, Optional.empty());
    assertEquals(id(3), admitted(gpu0).request().id(), "the other has nothing to do, and is new");
    submitAgain(4, new GpuId(1));
    assertEquals(id(4), admitted(gpu1).request().id(), "it has computed this one");
    submit(5);
    GpuActor.Admit fifth = admitted(gpu1);
    assertEquals(id(5), fifth.request().id(), "nobody waits for the rest of a new reply");
    fifth.router().tell(new SequenceReleased(id(5), 1, false));
    submitAgain(6, Optional.empty());
    assertEquals(id(6), admitted(gpu1).request().id(), "it has finished one");
  }

  @Test
  void gpuThatHasJustComeTakesWhatGoesOnWhereTheOthersHaveMuchToDo() {
    route(0);
    for (int n = 1; n <= 40; n++) {
      submit(n, new int[] {1, 2}, 256);
      admitted(gpu0);
    }
    route(0, 1);
    submitAgain(41, Optional.empty());
    assertEquals(id(41), admitted(gpu1).request().id());
  }

  @Test
  void sequencesThatGoOnAreSpread() {
    submit(1, new int[] {1, 2}, 4);
    admitted(gpu0);
    submit(2, new int[] {1, 2}, 4);
    admitted(gpu1);
    submit(3, new int[] {1, 2}, 6);
    admitted(gpu0);
    submitAgain(4, Optional.empty());
    GpuActor.Admit again = admitted(gpu1);
    submitAgain(5, Optional.empty());
    assertEquals(id(5), admitted(gpu0).request().id(), "it has more to do, and nothing again");
    again.router().tell(new SequenceReleased(id(4), 2, false));
    submit(6, new int[] {1, 2}, 30);
    admitted(gpu1);
    submitAgain(7, Optional.empty());
    assertEquals(id(7), admitted(gpu1).request().id(), "what it computed again has ended");
  }

  @Test
  void whatIsComputedAgainDrivesNoneToAGpuThatHasJustCome() {
    route(0);
    submit(1);
    admitted(gpu0);
    route(0, 1);
    for (int n = 2; n <= 3; n++) {
      submitAgain(n, new int[3000], Optional.empty());
      assertEquals(id(n), admitted(gpu0).request().id());
    }
  }

  @Test
  void choicesOfOnePromptThatGoOnStayTogether() {
    int[] prompt = IntStream.range(0, 400).toArray();
    submitAgain(1, prompt, Optional.empty());
    admitted(gpu0);
    submit(2, new int[] {9}, 200);
    admitted(gpu1);
    submitAgain(3, prompt, Optional.empty());
    assertEquals(id(3), admitted(gpu0).request().id());
  }

  @Test
  void generatedTokensAreWorkToo() {
    submitAgain(1, Optional.empty());
    admitted(gpu0);
    submit(2, new int[] {1, 2}, 3);
    admitted(gpu1);
    // With its three tokens the first GPU has more to do.
    submit(3, new int[] {1, 2}, 3);
    assertEquals(id(3), admitted(gpu1).request().id());
  }

  @Test
  void sequenceOfAnOwnerThatIsGoneWeighsOnNoGpuThoughItsGpuNeverSaysThatItHasEnded() {
    submit(1);
    admitted(gpu0);
    owner.stop();
    assertEquals(new GpuActor.Cancel(id(1), 1), gpu0.receiveMessage());
    TestProbe<Integer> count = kit.createTestProbe();
    router.tell(new RouterActor.CountLive(count.getRef()));
    assertEquals(0, count.receiveMessage());
    TestProbe<SequenceEvent> another = kit.createTestProbe();
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                id(2),
                1,
                new int[] {1, 2},
                new int[0],
                SamplingParams.greedy(10),
                Standing.DEFAULT),
            another.getRef()));
    assertEquals(id(2), admitted(gpu0).request().id());
  }

  private void submitAgain(int n, GpuId computedBy) {
    submitAgain(n, Optional.of(computedBy));
  }

  private void submitAgain(int n, Optional<GpuId> computedBy) {
    submitAgain(n, new int[] {1, 2}, computedBy);
  }

  private void submitAgain(int n, int[] prompt, Optional<GpuId> computedBy) {
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                id(n), 2, prompt, new int[] {3, 4, 5}, SamplingParams.greedy(1), Standing.DEFAULT),
            owner.getRef(),
            OptionalLong.empty(),
            computedBy));
  }
}
