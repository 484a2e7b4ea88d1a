package io.rack72.gateway;

import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.hardware.GpuId;
import io.rack72.metrics.RequestMetrics;
import io.rack72.metrics.RequestMetrics.Again;
import io.rack72.routing.RouterActor;
import io.rack72.routing.SequenceAttempts;
import io.rack72.schedule.SequenceId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * One request's sequences as the rack knows them: what is asked of the router for each choice, and
 * all that is needed to ask again where a GPU has given one up, a token was lost on its way, or
 * nothing is heard of one. Each time is another <i>attempt</i>, which goes on behind the tokens
 * that there are; what comes of earlier ones is refused. Not thread-safe.
 */
final class RackSequences {
  private final Generation generation;
  private final Reply reply;
  private final ActorRef<RouterActor.Command> router;
  private final RequestMetrics.Meter meter;
  private final List<Progress> progress;
  private ActorRef<SequenceEvent> events;
  private boolean paused;
  private boolean everPaused;

  /** How far a choice's sequence is. */
  private static final class Progress {
    private final SequenceAttempts attempts = new SequenceAttempts();
    private boolean heard = true;
    private boolean probed;
  }

  /**
   * @param reply knows which choices have ended
   */
  RackSequences(
      Generation generation,
      Reply reply,
      ActorRef<RouterActor.Command> router,
      RequestMetrics.Meter meter) {
    this.generation = generation;
    this.reply = reply;
    this.router = router;
    this.meter = meter;
    progress = generation.sequences().stream().map(_ -> new Progress()).toList();
  }

  /**
   * Asks for all of them, or, where one cannot be asked for, for none; what becomes of them is told
   * to {@code events}.
   */
  void submit(ActorRef<SequenceEvent> newEvents) {
    events = newEvents;
    // All are made before any is sent. What was gone on with may have ended before.
    IntStream.range(0, generation.sequences().size())
        .filter(i -> !reply.ended(i))
        .mapToObj(i -> submission(i, OptionalLong.of(generation.service().receivedNanos())))
        .toList()
        .forEach(router::tell);
  }

  /** A choice that is yet to be asked for has these tokens already. */
  void goOnBehind(int choice, int[] tokens) {
    progress.get(choice).attempts.goOnBehind(tokens);
    // Tokens may have come that the copy of its stream lacks.
    meter.goOn(choice);
  }

  /**
   * A choice that is yet to be asked for ran under another id, and may still: nobody wants that,
   * and its GPU need not compute it again.
   */
  void takeOver(String requestId, int choice, GpuId gpu) {
    router.tell(new RouterActor.Evict(gpu, new SequenceId(requestId, choice), Integer.MAX_VALUE));
    progress.get(choice).attempts.wasOn(gpu);
  }

  /**
   * Whether an event is of the choice's present attempt. Others are of no interest any more, except
   * that a GPU that still works on one is told to stop.
   */
  boolean concerns(SequenceEvent event) {
    int choice = event.id().choice();
    Progress progress = this.progress.get(choice);
    if (!progress.attempts.concerns(event)) {
      if (event instanceof SequenceEvent.Token) {
        progress
            .attempts
            .takeFormerGpu()
            .ifPresent(
                gpu ->
                    router.tell(
                        new RouterActor.Evict(gpu, id(choice), progress.attempts.attempt() - 1)));
      }
      return false;
    }
    progress.heard = true;
    progress.probed = false;
    return true;
  }

  /** Where the choice's attempt is. */
  void placed(int choice, GpuId gpu, int incarnation) {
    progress.get(choice).attempts.placed(gpu, incarnation);
  }

  /**
   * Remembers a choice's token, without which its sequence could not go on elsewhere.
   *
   * @return whether no token before it was lost
   */
  boolean generated(int choice, SequenceEvent.Token token) {
    return progress.get(choice).attempts.generated(token);
  }

  /** Whether all tokens have come that the GPU has sent, so many with those of earlier attempts. */
  boolean has(int choice, int tokens) {
    return tokens <= progress.get(choice).attempts.tokens();
  }

  /**
   * Asks for a choice's sequence anew, to go on behind the tokens that it has.
   *
   * @param reason for those who watch
   * @param why for the client, where that was tried too often
   * @throws ApiError where it was
   */
  void submitAgain(int choice, Again reason, String why) {
    meter.again(reason);
    SequenceAttempts attempts = progress.get(choice).attempts;
    submitNext(choice, reason == Again.TOKEN_LOST ? attempts.againThere(why) : attempts.again(why));
  }

  private void submitNext(int choice, Optional<String> givenUp) {
    if (givenUp.isPresent()) {
      throw ApiError.failed("choice " + choice + " " + givenUp.get());
    }
    Progress progress = this.progress.get(choice);
    progress.heard = true;
    progress.probed = false;
    router.tell(submission(choice, OptionalLong.empty()));
    if (paused) {
      router.tell(new RouterActor.Pause(id(choice)));
    }
  }

  /** The same where the GPU was lost on which the sequence was; it may still work on it. */
  void submitAfterLoss(int choice, String why) {
    Optional<String> givenUp = progress.get(choice).attempts.againAfterLoss(why);
    if (givenUp.isEmpty()) {
      meter.again(Again.GPU_LOST);
    }
    submitNext(choice, givenUp);
  }

  /**
   * Asks after all sequences of which nothing was heard since the last time; one that nothing is
   * heard of after that either is asked for anew.
   */
  void lookForSilent() {
    for (int choice = 0; choice < progress.size(); choice++) {
      Progress progress = this.progress.get(choice);
      if (reply.ended(choice) || paused || progress.heard) {
        progress.heard = false;
      } else if (progress.probed) {
        submitAgain(choice, Again.SILENT, "nothing was heard of it");
      } else {
        progress.probed = true;
        router.tell(new RouterActor.Probe(id(choice), progress.attempts.attempt(), events));
      }
    }
  }

  private RouterActor.Submit submission(int choice, OptionalLong receivedNanos) {
    return new RouterActor.Submit(
        request(choice), events, receivedNanos, progress.get(choice).attempts.computedBy());
  }

  private SequenceRequest request(int choice) {
    Sequence sequence = generation.sequences().get(choice);
    return progress
        .get(choice)
        .attempts
        .request(
            id(choice), sequence.promptIds(), sequence.params(), generation.service().standing());
  }

  /** Those that have not ended are not computed until they are resumed. */
  void pause() {
    paused = true;
    everPaused = true;
    meter.pause();
    tellLive(RouterActor.Pause::new);
  }

  /** Those that were paused go on. */
  void resume() {
    paused = false;
    meter.resume();
    tellLive(RouterActor.Resume::new);
  }

  /** Whether a choice's sequence is to pause, in case that the GPU has not heard of it. */
  void tellPauseAgain(int choice) {
    if (!everPaused) {
      return;
    }
    router.tell(paused ? new RouterActor.Pause(id(choice)) : new RouterActor.Resume(id(choice)));
  }

  /** No more is wanted of any. */
  void cancel() {
    IntStream.range(0, generation.sequences().size())
        .filter(i -> !reply.ended(i))
        .forEach(this::cancel);
  }

  /** No more is wanted of the choice's sequence. */
  void cancel(int choice) {
    reply.end(choice);
    router.tell(new RouterActor.Cancel(id(choice)));
  }

  private void tellLive(Function<SequenceId, RouterActor.Command> command) {
    IntStream.range(0, generation.sequences().size())
        .filter(i -> !reply.ended(i))
        .forEach(i -> router.tell(command.apply(id(i))));
  }

  private SequenceId id(int choice) {
    return new SequenceId(generation.id(), choice);
  }
}
