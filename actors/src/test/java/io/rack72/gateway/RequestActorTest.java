package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.clock.ManualClock;
import io.rack72.gpu.SequenceEvent;
import io.rack72.hardware.GpuId;
import io.rack72.metrics.Exposition;
import io.rack72.metrics.RequestMetrics;
import io.rack72.routing.RouterActor;
import io.rack72.routing.SequenceAttempts;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RequestActorTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final int UNREAD_LIMIT = 20;
  private static final long BODY_BYTES = 10;
  private static final Tenant ONE_AT_A_TIME = new Tenant("one", 1, OptionalInt.of(1));
  private static final Duration STUCK_TIMEOUT = Duration.ofMinutes(1);
  private static ActorTestKit kit;
  private static ManualTime time;

  private TestProbe<RouterActor.Command> router;
  private final RequestShares shares =
      new RequestShares(LoadLimits.DEFAULT, 2 * BODY_BYTES, List.of(ONE_AT_A_TIME));

  private RequestShares.Place place;
  private final ManualClock clock = new ManualClock();
  private final RequestMetrics metrics = new RequestMetrics(clock);
  private CompletableFuture<RequestActor.Answer> answer;
  private ActorRef<RequestActor.Command> request;
  private List<RouterActor.Submit> submitted;
  // In front of the router: it answers those who ask after their sequences.
  private ActorRef<RouterActor.Command> answering;
  private boolean answers = true;

  @BeforeAll
  static void startKit() {
    kit = ActorTestKit.create(ManualTime.config());
    time = ManualTime.get(kit.system());
  }

  @AfterAll
  static void stopKit() {
    kit.shutdownTestKit();
  }

  @BeforeEach
  void start() {
    router = kit.createTestProbe();
    answering = kit.spawn(answering(router.getRef()));
    answer = new CompletableFuture<>();
  }

  @Test
  void tokensOfAnotherAttemptOrOfThePastAreRefused() throws Exception {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    token(0, 1, 0, 'a');
    token(0, 2, 1, 'X');
    token(0, 1, 0, 'X');
    token(0, 1, 1, 'b');
    last(0, 2, 'c', FinishReason.LENGTH);
    assertEquals("abc", whole().at("/choices/0/text").asText());
    kit.createTestProbe().expectTerminated(request);
    assertTrue(measured().contains("rack72_generation_tokens_total 3.0\n"), measured());
  }

  @Test
  void sequenceThatIsGivenBackGoesOnElsewhereBehindItsTokens() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2}");
    placed(0);
    placed(1);
    token(1, 1, 0, 'a');
    token(1, 1, 1, 'b');
    ended(1, SequenceEvent.Cause.MOVED);
    RouterActor.Submit again = assertSubmittedAgain(1, 2, 'a', 'b');
    assertArrayEquals(submitted.get(1).request().promptIds(), again.request().promptIds());
    assertEquals(submitted.get(1).request().params(), again.request().params());
    assertEquals(submitted.get(1).request().standing(), again.request().standing());
    // What the first GPU had sent before it was heard of.
    token(1, 1, 2, 'X');
    ended(1, SequenceEvent.Cause.MOVED);
    tell(new SequenceEvent.Placed(id(1), 2, new GpuId(5), 1));
    tell(new SequenceEvent.Started(id(1), 2, 1));
    token(1, 2, 2, 'c');
    tell(new SequenceEvent.Ended(id(1), 2, SequenceEvent.Cause.MOVED, "so it is"));
    assertSubmittedAgain(1, 3, 'a', 'b', 'c');
    tell(new SequenceEvent.Token(id(1), 3, 3, sampled('d'), Optional.of(FinishReason.LENGTH)));
    last(0, 0, 'y', FinishReason.LENGTH);
    JsonNode reply = whole();
    assertEquals("y", reply.at("/choices/0/text").asText());
    assertEquals("abcd", reply.at("/choices/1/text").asText());
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void sequenceThatIsGivenBackWhileItsReaderIsSlowStaysPaused() throws Exception {
    fillUnread();
    ended(0, SequenceEvent.Cause.MOVED);
    int[] sent = new int[UNREAD_LIMIT];
    Arrays.fill(sent, 'a');
    assertSubmittedAgain(0, 2, sent);
    assertPaused(0);
    tell(new SequenceEvent.Placed(id(0), 2, new GpuId(5), 1));
    pull();
    assertResumed(0);
    assertResumed(2);
    ended(2, SequenceEvent.Cause.MOVED);
    assertSubmittedAgain(2, 2);
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void sequenceThatNobodyWantsAnyMoreIsNotSubmittedAgain() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2, \"stop\": \"b\"}");
    placed(0);
    placed(1);
    token(0, 1, 0, 'b');
    assertCancelled(0);
    ended(0, SequenceEvent.Cause.MOVED);
    last(1, 0, 'y', FinishReason.LENGTH);
    whole();
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void sequenceThatIsGivenBackBeforeItHadAPlaceIsPlacedByItsNextAttempt() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    ended(0, SequenceEvent.Cause.MOVED);
    assertSubmittedAgain(0, 2);
    assertFalse(answer.isDone());
    tell(new SequenceEvent.Placed(id(0), 2, new GpuId(5), 1));
    assertInstanceOf(RequestActor.Answer.Stream.class, await(answer));
  }

  @Test
  void tokenThatWasLostOnItsWayIsComputedAgain() throws Exception {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    token(0, 1, 0, 'a');
    token(0, 1, 2, 'c');
    assertSubmittedAgain(0, 2, 'a');
    token(0, 1, 3, 'd');
    tell(new SequenceEvent.Placed(id(0), 2, new GpuId(5), 1));
    token(0, 2, 1, 'b');
    tell(new SequenceEvent.Token(id(0), 2, 2, sampled('c'), Optional.of(FinishReason.LENGTH)));
    assertEquals("abc", whole().at("/choices/0/text").asText());
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void sequenceThatLosesManyGpusWithoutATokenIsGivenUp() {
    begin("{\"prompt\": \"x\"}");
    for (int attempt = 1; attempt <= SequenceAttempts.LOSSES; attempt++) {
      tell(new SequenceEvent.Placed(id(0), attempt, new GpuId(attempt), 1));
      tell(new SequenceEvent.Ended(id(0), attempt, SequenceEvent.Cause.LOST, "it is gone"));
      assertSubmittedAgain(0, attempt + 1);
    }
    int last = SequenceAttempts.LOSSES + 1;
    tell(new SequenceEvent.Placed(id(0), last, new GpuId(7), 1));
    tell(new SequenceEvent.Ended(id(0), last, SequenceEvent.Cause.LOST, "gpu-7 is gone"));
    assertEquals(500, refusal().status());
    assertTrue(refusal().getMessage().contains("gpu-7 is gone"), refusal().getMessage());
  }

  @Test
  void gpuThatFailsEachTimeItIsStartedAnewIsAnotherLossEachTime() {
    begin("{\"prompt\": \"x\"}");
    for (int attempt = 1; attempt <= SequenceAttempts.LOSSES + 1; attempt++) {
      tell(new SequenceEvent.Placed(id(0), attempt, new GpuId(5), 100 - attempt));
      tell(new SequenceEvent.Ended(id(0), attempt, SequenceEvent.Cause.LOST, "gpu-5 is gone"));
      if (attempt <= SequenceAttempts.LOSSES) {
        assertSubmittedAgain(0, attempt + 1);
      }
    }
    assertEquals(500, refusal().status());
    assertTrue(refusal().getMessage().contains("5 GPUs on which it was"), refusal().getMessage());
  }

  @Test
  void gpuThatIsThoughtGoneAgainAndAgainIsOneLoss() {
    begin("{\"prompt\": \"x\"}");
    for (int attempt = 1; attempt <= 2 * SequenceAttempts.LOSSES; attempt++) {
      tell(new SequenceEvent.Placed(id(0), attempt, new GpuId(attempt % 2), 1));
      tell(new SequenceEvent.Ended(id(0), attempt, SequenceEvent.Cause.LOST, "it is silent"));
      assertSubmittedAgain(0, attempt + 1);
    }
  }

  @Test
  void sequenceOfWhichNothingIsHeardIsAskedAfterAndThenComputedElsewhere() throws Exception {
    answers = false;
    begin("{\"prompt\": \"x\"}");
    placed(0);
    token(0, 1, 0, 'a');
    assertEquals(1, assertInstanceOf(RouterActor.Probe.class, afterSilence()).attempt());
    // It has sent a token, which was its last for now, and which did not come.
    tell(new SequenceEvent.Alive(id(0), 1, 2));
    assertSubmittedAgain(0, 2, 'a');
    assertEquals(2, assertInstanceOf(RouterActor.Probe.class, afterSilence()).attempt());
    // Nor does anybody answer that.
    assertEquals(3, assertInstanceOf(RouterActor.Submit.class, afterSilence()).request().attempt());
    tell(new SequenceEvent.Token(id(0), 3, 1, sampled('b'), Optional.of(FinishReason.LENGTH)));
    assertEquals("ab", whole().at("/choices/0/text").asText());
  }

  @Test
  void gpuThatWorksOnForAnEarlierAttemptIsToldToStopOnce() throws Exception {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    token(0, 1, 0, 'a');
    ended(0, SequenceEvent.Cause.LOST);
    assertSubmittedAgain(0, 2, 'a');
    token(0, 1, 1, 'X');
    token(0, 1, 2, 'X');
    RouterActor.Evict evict = router.expectMessageClass(RouterActor.Evict.class);
    assertEquals(id(0), evict.id());
    assertEquals(1, evict.attempt());
    tell(new SequenceEvent.Token(id(0), 2, 1, sampled('b'), Optional.of(FinishReason.LENGTH)));
    assertEquals("ab", whole().at("/choices/0/text").asText());
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void streamIsAnsweredOnlyWhenAllChoicesHaveAPlace() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2, \"stream\": true}");
    placed(1);
    token(1, 1, 0, 'a');
    assertFalse(answer.isDone());
    placed(0);
    assertInstanceOf(RequestActor.Answer.Stream.class, await(answer));
  }

  @Test
  void oneRefusedChoiceRefusesTheRequestAndCancelsTheOthers() {
    begin("{\"prompt\": \"x\", \"n\": 3, \"stream\": true}");
    placed(0);
    ended(1, SequenceEvent.Cause.FULL);
    assertEquals(503, refusal().status());
    assertCancelled(0);
    assertCancelled(2);
    kit.createTestProbe().expectTerminated(request);
  }

  @Test
  void slowClientGetsWhatCameMeanwhileInOnePiece() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    for (int i = 0; i < 15; i++) {
      token(0, 1, i, 'a' + i);
    }
    last(0, 15, 'z', FinishReason.LENGTH);
    List<String> data = GatewayFixture.data(pull().orElseThrow());
    assertEquals(2, data.size());
    assertEquals("abcdefghijklmnoz", json(data.getFirst()).at("/choices/0/text").asText());
    assertEquals("length", json(data.getFirst()).at("/choices/0/finish_reason").asText());
    assertEquals("[DONE]", data.getLast());
    assertEquals(Optional.empty(), pull());
  }

  @Test
  void sequencesOfAClientThatDoesNotReadArePausedUntilItReads() throws Exception {
    begin("{\"prompt\": \"x\", \"max_tokens\": 100, \"n\": 2, \"stream\": true}");
    placed(0);
    placed(1);
    for (int i = 0; i < UNREAD_LIMIT / 2; i++) {
      router.expectNoMessage(Duration.ZERO);
      token(0, 1, i, 'a');
      token(1, 1, i, 'b');
    }
    assertPaused(0);
    assertPaused(1);
    // What is in flight still comes, and is not lost.
    token(0, 1, UNREAD_LIMIT / 2, 'A');
    token(1, 1, UNREAD_LIMIT / 2, 'B');
    tell(new SequenceEvent.Alive(id(0), 1, UNREAD_LIMIT / 2 + 1));
    assertPaused(0);
    clock.advanceTo(Duration.ofHours(1).toNanos());
    List<String> data = GatewayFixture.data(pull().orElseThrow());
    assertResumed(0);
    assertResumed(1);
    assertEquals(
        "a".repeat(UNREAD_LIMIT / 2) + "A", json(data.get(0)).at("/choices/0/text").asText());
    assertEquals(
        "b".repeat(UNREAD_LIMIT / 2) + "B", json(data.get(1)).at("/choices/0/text").asText());
    last(0, UNREAD_LIMIT / 2 + 1, 'y', FinishReason.LENGTH);
    last(1, UNREAD_LIMIT / 2 + 1, 'z', FinishReason.LENGTH);
    assertTrue(pull().orElseThrow().endsWith("data: [DONE]\n\n"));
    router.expectNoMessage(Duration.ZERO);
    assertTrue(measured().contains("rack72_inter_token_latency_seconds_sum 0.0\n"), measured());
  }

  @Test
  void sequenceThatHasEndedIsNeitherPausedNorResumed() throws Exception {
    begin("{\"prompt\": \"x\", \"max_tokens\": 100, \"n\": 3, \"stream\": true}");
    placed(0);
    placed(1);
    placed(2);
    last(0, 0, 'a', FinishReason.LENGTH);
    for (int i = 0; i < UNREAD_LIMIT - 1; i++) {
      token(1, 1, i, 'b');
    }
    assertPaused(1);
    assertPaused(2);
    last(2, 0, 'c', FinishReason.LENGTH);
    pull();
    assertResumed(1);
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void nothingIsPausedBeforeTheClientCanRead() throws Exception {
    begin("{\"prompt\": \"x\", \"max_tokens\": 100, \"n\": 2, \"stream\": true}");
    placed(0);
    for (int i = 0; i < 2 * UNREAD_LIMIT; i++) {
      token(0, 1, i, 'a');
    }
    router.expectNoMessage(Duration.ZERO);
    placed(1);
    assertPaused(0);
    assertPaused(1);
    pull();
    assertResumed(0);
    assertResumed(1);
  }

  @Test
  void clientThatStaysStuckIsGivenUpAndTold() throws Exception {
    fillUnread();
    time.timePasses(STUCK_TIMEOUT.minusMillis(1));
    router.expectNoMessage(Duration.ZERO);
    time.timePasses(Duration.ofMillis(1));
    assertCancelled(0);
    List<String> data = GatewayFixture.data(pull().orElseThrow());
    assertEquals("a".repeat(UNREAD_LIMIT), json(data.getFirst()).at("/choices/0/text").asText());
    String message = json(data.getLast()).at("/error/message").asText();
    assertTrue(message.contains("does not read: for 60 seconds"), message);
    assertEquals(Optional.empty(), pull());
  }

  @Test
  void clientThatDoesNotReadTheEndEitherIsCutOff() throws Exception {
    fillUnread();
    time.timePasses(STUCK_TIMEOUT);
    assertCancelled(0);
    assertFalse(cut().isDone());
    assertCutInTime();
  }

  @Test
  void endOfAStreamThatNobodyReadsIsNotKeptForever() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    last(0, 0, 'a', FinishReason.LENGTH);
    assertCutInTime();
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void readerThatReadsAgainHasTheWholeTimeTheNextTime() throws Exception {
    fillUnread();
    time.timePasses(STUCK_TIMEOUT.minusMillis(1));
    pull();
    assertResumed(0);
    assertResumed(2);
    for (int i = 0; i < UNREAD_LIMIT; i++) {
      token(0, 1, UNREAD_LIMIT + i, 'a');
    }
    assertPaused(0);
    assertPaused(2);
    settle(2);
    time.timePasses(STUCK_TIMEOUT.minusMillis(1));
    router.expectNoMessage(Duration.ZERO);
    time.timePasses(Duration.ofMillis(1));
    assertCancelled(0);
  }

  @Test
  void clientThatWaitsForTokensIsNotStuck() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true, \"timeout\": 3000}");
    placed(0);
    token(0, 1, 0, 'a');
    // Nothing is full, so whoever does not read what there is keeps nobody from work.
    time.timePasses(STUCK_TIMEOUT.multipliedBy(3));
    router.expectNoMessage(Duration.ZERO);
    assertTrue(pull().orElseThrow().contains("\"text\":\"a\""));
  }

  @Test
  void clientThatReadsIsNeverPaused() throws Exception {
    begin("{\"prompt\": \"x\", \"max_tokens\": 100, \"stream\": true}");
    placed(0);
    for (int i = 0; i < 3 * UNREAD_LIMIT; i++) {
      token(0, 1, i, 'a');
      assertTrue(pull().orElseThrow().contains("\"text\":\"a\""));
    }
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void requestThatIsNotAnsweredInItsTimeIsRefusedWithTheTime() {
    begin("{\"prompt\": \"x\", \"timeout\": 2.5}");
    placed(0);
    token(0, 1, 0, 'a');
    time.timePasses(Duration.ofMillis(2499));
    assertFalse(answer.isDone());
    time.timePasses(Duration.ofMillis(1));
    assertEquals(504, refusal().status());
    assertTrue(refusal().getMessage().contains("2.5 seconds"), refusal().getMessage());
    assertCancelled(0);
    assertLeft();
  }

  @Test
  void requestThatHasNoPlaceInItsTimeIsRefusedToo() {
    begin("{\"prompt\": \"x\", \"n\": 2, \"timeout\": 1, \"stream\": true}");
    placed(0);
    time.timePasses(Duration.ofSeconds(1));
    assertEquals(504, refusal().status());
    assertCancelled(0);
    assertCancelled(1);
    assertLeft();
  }

  @Test
  void streamThatIsNotOverInItsTimeEndsWithAnError() throws Exception {
    begin("{\"prompt\": \"x\", \"timeout\": 1, \"stream\": true}");
    placed(0);
    token(0, 1, 0, 'a');
    time.timePasses(Duration.ofSeconds(1));
    assertCancelled(0);
    List<String> data = GatewayFixture.data(pull().orElseThrow());
    assertEquals("a", json(data.get(0)).at("/choices/0/text").asText());
    assertEquals("timeout", json(data.get(1)).at("/error/code").asText());
    assertEquals(Optional.empty(), pull());
  }

  @Test
  void replyThatIsWholeInTimeMayBeReadLater() throws Exception {
    begin("{\"prompt\": \"x\", \"timeout\": 1, \"stream\": true}");
    placed(0);
    last(0, 0, 'a', FinishReason.LENGTH);
    time.timePasses(Duration.ofSeconds(1));
    assertTrue(pull().orElseThrow().endsWith("data: [DONE]\n\n"));
  }

  @Test
  void serverLimitsTheTimeOfRequestsThatSayNothing() {
    // Less than it takes until a sequence is asked after.
    Duration limit = RequestActor.SILENCE.dividedBy(2);
    begin(read("{\"prompt\": \"x\"}", new TestSettings().requestTimeout(limit).make()));
    placed(0);
    time.timePasses(limit);
    assertEquals(504, refusal().status());
    assertCancelled(0);
  }

  @Test
  void cachedTokensAreThoseOfEachPromptsFirstChoice() throws Exception {
    begin("{\"prompt\": [\"abc\", \"de\"], \"n\": 2, \"max_tokens\": 1}");
    for (int choice = 0; choice < 4; choice++) {
      placed(choice);
      // As many as a GPU may claim, though a prompt has fewer.
      tell(new SequenceEvent.Started(id(choice), 1, choice == 0 ? 2 : 10));
      last(choice, 0, 'x', FinishReason.LENGTH);
    }
    JsonNode usage = whole().get("usage");
    assertEquals(5, usage.get("prompt_tokens").asInt());
    assertEquals(2 + 2, usage.at("/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void cachedTokensAreThoseOfTheAttemptThatWasComputedFirst() throws Exception {
    begin("{\"prompt\": \"abcd\", \"max_tokens\": 2}");
    placed(0);
    // It was lost before it was in any step.
    tell(new SequenceEvent.Ended(id(0), 1, SequenceEvent.Cause.LOST, "it is gone"));
    assertSubmittedAgain(0, 2);
    tell(new SequenceEvent.Started(id(0), 2, 3));
    token(0, 2, 0, 'x');
    tell(new SequenceEvent.Ended(id(0), 2, SequenceEvent.Cause.LOST, "it is gone"));
    assertSubmittedAgain(0, 3, 'x');
    tell(new SequenceEvent.Started(id(0), 3, 4));
    tell(new SequenceEvent.Token(id(0), 3, 1, sampled('y'), Optional.of(FinishReason.LENGTH)));
    JsonNode usage = whole().get("usage");
    assertEquals(3, usage.at("/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void placeIsGivenBackBeforeTheClientHasTheAnswer() throws Exception {
    CompletableFuture<RequestShares.Place> next =
        answer.thenApply(how -> shares.enter(ONE_AT_A_TIME));
    begin("{\"prompt\": \"x\", \"max_tokens\": 1}");
    placed(0);
    last(0, 0, 'a', FinishReason.LENGTH);
    await(next).leave();
    assertLeft();
  }

  @Test
  void placeOfAStreamIsGivenBackBeforeItsEndAndTheBodyWhenItIsRead() throws Exception {
    begin("{\"prompt\": \"x\", \"max_tokens\": 2, \"stream\": true}");
    placed(0);
    token(0, 1, 0, 'a');
    pull();
    assertEquals(1, shares.sequences());
    CompletableFuture<Optional<ByteString>> end = new CompletableFuture<>();
    CompletableFuture<RequestShares.Place> next =
        end.thenApply(events -> shares.enter(ONE_AT_A_TIME));
    request.tell(new RequestActor.Pull(end));
    last(0, 1, 'b', FinishReason.LENGTH);
    await(next).leave();
    assertEquals(BODY_BYTES, shares.keptBodyBytes(), "the stream can be gone on with");
    assertTrue(end.join().orElseThrow().utf8String().endsWith("data: [DONE]\n\n"));
    request.tell(new RequestActor.Disconnected());
    assertLeft();
  }

  @Test
  void nothingIsHeldHoweverTheRequestEnds() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    ended(0, SequenceEvent.Cause.FAILED);
    assertEquals(1, shares.sequences(), "nothing was read yet");
    pull();
    pull();
    request.tell(new RequestActor.Disconnected());
    request.tell(new RequestActor.Disconnected());
    assertLeft();
  }

  @Test
  void stopStringCancelsTheSequenceAndLeavesTheOthers() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2, \"stop\": \"bc\"}");
    placed(0);
    placed(1);
    token(0, 1, 0, 'a');
    token(0, 1, 1, 'b');
    token(0, 1, 2, 'c');
    assertCancelled(0);
    token(0, 1, 3, 'd');
    last(1, 0, 'y', FinishReason.LENGTH);
    JsonNode reply = whole();
    assertEquals("a", reply.at("/choices/0/text").asText());
    assertEquals("stop", reply.at("/choices/0/finish_reason").asText());
    assertEquals("y", reply.at("/choices/1/text").asText());
    assertEquals(4, reply.at("/usage/completion_tokens").asInt());
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void clientThatIsGoneCancelsWhatStillRuns() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2, \"stream\": true}");
    placed(0);
    placed(1);
    last(0, 0, 'a', FinishReason.LENGTH);
    request.tell(new RequestActor.Disconnected());
    assertCancelled(1);
    router.expectNoMessage(Duration.ZERO);
    kit.createTestProbe().expectTerminated(request);
  }

  @Test
  void idleStreamIsSentACommentEveryHeartbeat() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    token(0, 1, 0, 'a');
    assertTrue(pull().orElseThrow().startsWith("data: "));
    CompletableFuture<Optional<ByteString>> next = new CompletableFuture<>();
    request.tell(new RequestActor.Pull(next));
    time.timePasses(HEARTBEAT);
    time.timePasses(HEARTBEAT);
    assertEquals(": ping\n\n", await(next).orElseThrow().utf8String());
  }

  @Test
  void failureAfterTheFirstByteEndsTheStreamWithAnError() throws Exception {
    begin("{\"prompt\": \"x\", \"n\": 2, \"stream\": true}");
    placed(0);
    placed(1);
    token(1, 1, 0, 'a');
    ended(0, SequenceEvent.Cause.FAILED);
    assertCancelled(1);
    List<String> data = GatewayFixture.data(pull().orElseThrow());
    assertEquals("a", json(data.get(0)).at("/choices/0/text").asText());
    assertEquals("server_error", json(data.get(1)).at("/error/type").asText());
    assertEquals(2, data.size());
    assertEquals(Optional.empty(), pull());
  }

  @Test
  void streamWhoseOwnerStopsBetweenTwoPullsIsBrokenOff() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    token(0, 1, 0, 'a');
    pull();
    assertFalse(cut().isDone());
    kit.stop(request);
    assertThrows(ExecutionException.class, () -> await(cut()));
    assertCancelled(0);
    assertLeft();
  }

  @Test
  void pullThatWaitsWhenTheOwnerStopsDoesNotEndTheStream() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    CompletableFuture<Optional<ByteString>> next = new CompletableFuture<>();
    request.tell(new RequestActor.Pull(next));
    kit.stop(request);
    assertThrows(ExecutionException.class, () -> await(cut()));
    assertFalse(next.isDone());
  }

  @Test
  void streamOfWhichTheClientHasTheEndIsNotBrokenOff() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    last(0, 0, 'a', FinishReason.LENGTH);
    assertTrue(pull().orElseThrow().endsWith("data: [DONE]\n\n"));
    assertEquals(Optional.empty(), pull());
    kit.stop(request);
    await(cut());
    assertLeft();
  }

  @Test
  void streamOfAClientThatIsGoneIsOverAndNotBroken() throws Exception {
    begin("{\"prompt\": \"x\", \"stream\": true}");
    placed(0);
    CompletableFuture<Void> cut = cut();
    request.tell(new RequestActor.Disconnected());
    await(cut);
    assertLeft();
  }

  @Test
  void requestThatCannotBeginIsAnsweredAndLeavesNothingBehind() {
    Generation good = read("{\"prompt\": \"x\", \"n\": 2}");
    Generation.Sequence first = good.sequences().getFirst();
    Generation bad =
        new Generation(
            good.id(),
            List.of(first, new Generation.Sequence(null, first.params(), first.choice())),
            good.format(),
            good.options(),
            good.service(),
            good.promptTokens());
    spawn(bad);
    assertEquals(500, refusal().status());
    assertLeft();
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void endOfTheRouterFailsTheRequest() {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    kit.stop(answering);
    assertEquals(503, refusal().status());
  }

  @Test
  void requestThatTheRackCannotServeNowMayBeSentAgain() {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    ended(0, SequenceEvent.Cause.UNAVAILABLE);
    ApiError refusal = refusal();
    assertEquals(503, refusal.status());
    assertTrue(refusal.passes());
  }

  @Test
  void tokenThatCannotBeReadFailsTheRequestAlone() {
    begin("{\"prompt\": \"x\"}");
    placed(0);
    token(0, 1, 0, -1);
    assertEquals(500, refusal().status());
    assertCancelled(0);
  }

  /** What the request does when it has heard nothing for so long that it does something. */
  private RouterActor.Command afterSilence() {
    AssertionError nothing = null;
    for (int i = 0; i < 20; i++) {
      time.timePasses(RequestActor.SILENCE);
      try {
        return router.receiveMessage(Duration.ofMillis(100));
      } catch (AssertionError e) {
        nothing = e;
      }
    }
    throw nothing;
  }

  private Behavior<RouterActor.Command> answering(ActorRef<RouterActor.Command> behind) {
    return Behaviors.receiveMessage(
        command -> {
          if (answers && command instanceof RouterActor.Probe(var id, int attempt, var owner)) {
            owner.tell(new SequenceEvent.Alive(id, attempt, 0));
          } else {
            behind.tell(command);
          }
          return Behaviors.same();
        });
  }

  private void begin(String body) {
    begin(read(body));
  }

  private void begin(Generation generation) {
    spawn(generation);
    submitted =
        generation.sequences().stream()
            .map(sequence -> router.expectMessageClass(RouterActor.Submit.class))
            .toList();
  }

  private static Generation read(String body) {
    return read(body, GatewayFixture.settings());
  }

  private static Generation read(String body, GatewaySettings settings) {
    return new CompletionEndpoint(
            new Admission(GatewayFixture.model(Optional.of(new ByteTokenizer())), settings))
        .read(
            JsonValue.body(body.getBytes(StandardCharsets.UTF_8)),
            new Arrival(Tenant.EVERYBODY, 0));
  }

  private void spawn(Generation generation) {
    place = shares.enter(ONE_AT_A_TIME);
    place.hold(generation.sequences().size(), generation.promptTokens());
    assertTrue(place.keepBody(BODY_BYTES));
    request =
        kit.spawn(
            RequestActor.create(
                generation,
                Optional.empty(),
                generation.service().timeout(),
                answering,
                new StreamLimits(UNREAD_LIMIT, STUCK_TIMEOUT, HEARTBEAT),
                metrics.begin(0, generation.promptTokens(), generation.sequences().size()),
                answer,
                place));
  }

  private String measured() {
    return new String(Exposition.of(metrics.collect(), "").bytes(), StandardCharsets.UTF_8);
  }

  private void placed(int choice) {
    tell(new SequenceEvent.Placed(id(choice), 1, new GpuId(choice), 1));
  }

  private void token(int choice, int attempt, int index, int token) {
    tell(new SequenceEvent.Token(id(choice), attempt, index, sampled(token), Optional.empty()));
  }

  private void last(int choice, int index, int token, FinishReason finish) {
    tell(new SequenceEvent.Token(id(choice), 1, index, sampled(token), Optional.of(finish)));
  }

  private void ended(int choice, SequenceEvent.Cause cause) {
    tell(new SequenceEvent.Ended(id(choice), 1, cause, "so it is"));
  }

  private void tell(SequenceEvent event) {
    submitted.get(event.id().choice()).owner().tell(event);
  }

  private SequenceId id(int choice) {
    return submitted.get(choice).request().id();
  }

  private static SampledToken sampled(int token) {
    return new SampledToken(token, Float.NaN, new int[0], new float[0]);
  }

  private RouterActor.Submit assertSubmittedAgain(int choice, int attempt, int... generated) {
    RouterActor.Submit again = router.expectMessageClass(RouterActor.Submit.class);
    assertEquals(id(choice), again.request().id());
    assertEquals(attempt, again.request().attempt());
    assertArrayEquals(generated, again.request().generatedIds());
    return again;
  }

  private void assertCancelled(int choice) {
    assertEquals(id(choice), router.expectMessageClass(RouterActor.Cancel.class).id());
  }

  private void assertPaused(int choice) {
    assertEquals(id(choice), router.expectMessageClass(RouterActor.Pause.class).id());
  }

  private void assertResumed(int choice) {
    assertEquals(id(choice), router.expectMessageClass(RouterActor.Resume.class).id());
  }

  /** The request is over, and has given back all that it held. */
  private void assertLeft() {
    kit.createTestProbe().expectTerminated(request);
    assertEquals(0, shares.sequences());
    assertEquals(0, shares.tokens());
    assertEquals(0, shares.keptBodyBytes());
  }

  /** A stream of which as much waits as may wait, most of it in its first choice. */
  private void fillUnread() {
    begin("{\"prompt\": \"x\", \"max_tokens\": 100, \"n\": 3, \"stop\": \"z\", \"stream\": true}");
    placed(0);
    placed(1);
    placed(2);
    for (int i = 0; i < UNREAD_LIMIT; i++) {
      token(0, 1, i, 'a');
    }
    assertPaused(0);
    assertPaused(1);
    assertPaused(2);
    settle(1);
  }

  /**
   * Ends a choice, to see that all that was said before has been heard, and timers were started.
   */
  private void settle(int choice) {
    token(choice, 1, 0, 'z');
    assertCancelled(choice);
  }

  /** Time goes on until the stream is cut. */
  private void assertCutInTime() throws Exception {
    CompletableFuture<Void> cut = cut();
    while (!cut.isDone()) {
      time.timePasses(STUCK_TIMEOUT);
      Thread.onSpinWait();
    }
    assertLeft();
  }

  private CompletableFuture<Void> cut() throws Exception {
    return assertInstanceOf(RequestActor.Answer.Stream.class, await(answer))
        .cut()
        .toCompletableFuture();
  }

  private JsonNode whole() throws Exception {
    return assertInstanceOf(RequestActor.Answer.Whole.class, await(answer)).json();
  }

  private ApiError refusal() {
    ExecutionException failure = assertThrows(ExecutionException.class, () -> await(answer));
    return assertInstanceOf(ApiError.class, failure.getCause());
  }

  private Optional<String> pull() throws Exception {
    CompletableFuture<Optional<ByteString>> next = new CompletableFuture<>();
    request.tell(new RequestActor.Pull(next));
    return await(next).map(ByteString::utf8String);
  }

  private static <T> T await(CompletableFuture<T> future)
      throws InterruptedException, ExecutionException, TimeoutException {
    return future.get(20, TimeUnit.SECONDS);
  }

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }
}
