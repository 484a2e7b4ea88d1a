package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.gpu.SequenceEvent;
import io.rack72.metrics.RequestMetrics;
import io.rack72.metrics.RequestMetrics.Again;
import io.rack72.metrics.RequestMetrics.Outcome;
import io.rack72.routing.RouterActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.util.ByteString;

/**
 * Owns one HTTP request while it is answered.
 *
 * <p><b>Owns</b> the request: its prompts, its parameters, every token produced so far, as text
 * that was delivered or waits to be, and its place among those that the gateway takes on.
 *
 * <p><b>Receives</b> what becomes of its sequences, pulls of the client's connection for the next
 * part of a stream, word that the client is gone, and the end of the times that client and request
 * have.
 *
 * <p><b>Sends</b> its sequences to the router, their pause while the client has too much to read,
 * and their cancellation as soon as no more tokens are wanted. Its answer goes into a future,
 * because the connection that waits for it is no actor.
 *
 * <p>A sequence that its GPU gives back, or that is lost with it, or of which a token is lost, is
 * submitted again with the tokens that there are. <b>On failure</b> of a sequence, of the router,
 * or of itself the request fails as a whole: with an HTTP status where nothing was sent yet, with
 * an error event in a stream otherwise; its other sequences are cancelled. So does one that is not
 * answered in time. A stream that can go on at another gateway breaks off where the router fails.
 *
 * <p>A client that pulls slowly gets what came meanwhile in one piece. Where too many tokens wait
 * for it, its sequences are paused until it pulls; where it does not for long, the request fails,
 * and where it does not read even that, or the end of its stream, the stream is cut. Before a
 * stream begins, and of a reply that is no stream, the request holds at most {@code maxTokens} of
 * each sequence.
 *
 * <p>What becomes of a stream is noted for those who could go on with it ({@link ResumableStream}),
 * and one that another gateway had is gone on with, where its reader is.
 */
final class RequestActor extends AbstractBehavior<RequestActor.Command> {
  /** What a request takes. */
  sealed interface Command {}

  private record Happened(SequenceEvent event) implements Command {}

  /**
   * The client's connection wants the next part of the stream; empty after the last. At most one is
   * unanswered at a time.
   */
  record Pull(CompletableFuture<Optional<ByteString>> next) implements Command {}

  /** The client has all of the stream, or does not want more. */
  record Disconnected() implements Command {}

  /** Another gateway, or another request at this one, goes on with the stream. */
  private record GoesOnElsewhere() implements Command {}

  private record Beat() implements Command {}

  private record LookForSilent() implements Command {}

  private record Late() implements Command {}

  private record ReaderStuck() implements Command {}

  /** How a request that was not refused is answered. */
  sealed interface Answer {
    /** With all of it at once. */
    record Whole(ObjectNode json) implements Answer {}

    /**
     * Piece by piece: pull them.
     *
     * @param cut done when nobody will answer a pull any more; it fails where the client has not
     *     got the end and still reads, so that what it gets is seen as broken and not as over
     */
    record Stream(CompletionStage<Void> cut) implements Answer {}
  }

  /**
   * How often a request looks for sequences that it hears nothing of. What is lost with a JVM is
   * known sooner, and a token that was lost on its way is missed when the next one comes; so this
   * is for the last of a sequence, or the first word to it. A GPU answers between two layers, which
   * takes seconds at most.
   */
  static final Duration SILENCE = Duration.ofSeconds(10);

  private static final ReaderStuck READER_STUCK = new ReaderStuck();

  private final Generation generation;
  private final Optional<ResumableStream> stream;
  private final TimerScheduler<Command> timers;
  private final StreamLimits limits;
  private final RequestMetrics.Meter meter;
  private final CompletableFuture<Answer> answer;
  private final CompletableFuture<Void> cut = new CompletableFuture<>();
  private final RequestShares.Place place;
  private final Reply reply;
  private final RackSequences sequences;
  private final UnreadTokens unread;
  private CompletableFuture<Optional<ByteString>> pull;
  private boolean sentSinceBeat;
  private boolean brokenOff;
  private boolean nobodyReads;
  private ApiError failure;

  /**
   * @param stream what makes its stream one that can be gone on with; of a whole reply nothing
   * @param remaining of the request's time
   * @param answer completed once: with how the request is answered, or with an {@link ApiError}
   * @param meter measures it
   * @param place of which work is given back before the client can have the end of the answer, and
   *     which the request leaves when it is over, however it ended
   */
  static Behavior<Command> create(
      Generation generation,
      Optional<ResumableStream> stream,
      Duration remaining,
      ActorRef<RouterActor.Command> router,
      StreamLimits limits,
      RequestMetrics.Meter meter,
      CompletableFuture<Answer> answer,
      RequestShares.Place place) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  try {
                    return new RequestActor(
                        context,
                        timers,
                        generation,
                        stream,
                        remaining,
                        router,
                        limits,
                        meter,
                        answer,
                        place);
                  } catch (RuntimeException e) {
                    // What never was an actor is not told that it stops.
                    context.getLog().error("request {} cannot begin", generation.id(), e);
                    answer.completeExceptionally(
                        ApiError.failed("the server failed while it began the reply"));
                    stream.ifPresent(open -> open.close(false));
                    meter.over(Outcome.FAILED);
                    place.leave();
                    return Behaviors.stopped();
                  }
                }));
  }

  private RequestActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Generation generation,
      Optional<ResumableStream> stream,
      Duration remaining,
      ActorRef<RouterActor.Command> router,
      StreamLimits limits,
      RequestMetrics.Meter meter,
      CompletableFuture<Answer> answer,
      RequestShares.Place place) {
    super(context);
    this.generation = generation;
    this.stream = stream;
    this.timers = timers;
    this.limits = limits;
    this.meter = meter;
    this.answer = answer;
    this.place = place;
    this.reply = new Reply(generation, stream);
    this.sequences = new RackSequences(generation, reply, router, meter);
    this.unread = new UnreadTokens(limits.unreadTokens());
    timers.startSingleTimer(new Late(), remaining);
    timers.startSingleTimer(new LookForSilent(), SILENCE);
    if (generation.options().stream()) {
      timers.startTimerWithFixedDelay(new Beat(), limits.heartbeat());
    }
    context.watch(router);
    ActorRef<Command> self = context.getSelf();
    stream.ifPresent(
        begun ->
            begun.open(
                generation,
                reply,
                sequences,
                () -> {
                  // At once, so that the request that goes on with the stream can have the place.
                  place.leave();
                  self.tell(new GoesOnElsewhere());
                }));
    sequences.submit(context.messageAdapter(SequenceEvent.class, Happened::new));
    if (reply.allEnded()) {
      answer.complete(new Answer.Stream(cut));
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::guarded)
        .onSignal(Terminated.class, signal -> readerMinded(routerGone()))
        .onSignal(PostStop.class, signal -> stopped())
        .build();
  }

  /** A request that cannot go on tells its client instead of leaving it waiting. */
  private Behavior<Command> guarded(Command command) {
    Behavior<Command> next;
    try {
      next = on(command);
    } catch (ApiError e) {
      next = fail(e);
    } catch (RuntimeException e) {
      getContext().getLog().error("request {} failed", generation.id(), e);
      next = fail(ApiError.failed("the server failed while it made the reply"));
    }
    return readerMinded(next);
  }

  private Behavior<Command> on(Command command) {
    return switch (command) {
      case Happened(SequenceEvent event) -> onEvent(event);
      case Pull(CompletableFuture<Optional<ByteString>> next) -> {
        pull = next;
        yield answerPull();
      }
      case Beat() -> {
        if (pull != null && !sentSinceBeat) {
          send(ServerSentEvents.PING);
        }
        sentSinceBeat = false;
        yield this;
      }
      case LookForSilent() -> {
        // Set anew each time, so that what was asked has its time to be answered in.
        timers.startSingleTimer(new LookForSilent(), SILENCE);
        if (!isOver()) {
          sequences.lookForSilent();
        }
        yield this;
      }
      case Late() ->
          isOver() ? this : fail(ApiError.notAnsweredInTime(generation.service().timeout()));
      // Who does not read the end of a stream either is not waited for any longer.
      case ReaderStuck() ->
          isOver() ? Behaviors.stopped() : fail(ApiError.notRead(limits.stuckReaderTimeout()));
      case Disconnected() -> {
        nobodyReads = true;
        answer.completeExceptionally(ApiError.clientGone());
        yield Behaviors.stopped();
      }
      // Its connection only seems to be there, and is broken off.
      case GoesOnElsewhere() -> Behaviors.stopped();
    };
  }

  private Behavior<Command> onEvent(SequenceEvent event) {
    int choice = event.id().choice();
    if (!sequences.concerns(event) || reply.ended(choice) || failure != null) {
      return this;
    }
    return switch (event) {
      case SequenceEvent.Placed there -> {
        sequences.placed(choice, there.gpu(), there.incarnation());
        stream.ifPresent(open -> open.placed(choice, there.gpu().index()));
        placed(choice);
        yield this;
      }
      case SequenceEvent.Started started -> {
        placed(choice);
        if (reply.start(choice, started.cachedTokens())) {
          stream.ifPresent(open -> open.started(choice, started.cachedTokens()));
        }
        yield this;
      }
      case SequenceEvent.Token token -> {
        placed(choice);
        yield onToken(choice, token);
      }
      case SequenceEvent.Alive alive -> {
        if (sequences.has(choice, alive.generated())) {
          sequences.tellPauseAgain(choice);
        } else {
          sequences.submitAgain(choice, Again.TOKEN_LOST, "a token was lost on its way");
        }
        yield this;
      }
      case SequenceEvent.Ended end ->
          switch (end.cause()) {
            case TOO_LARGE -> failedBy(choice, ApiError.invalid("", end.detail()));
            case FULL -> failedBy(choice, ApiError.overloaded(end.detail()));
            case UNAVAILABLE -> failedBy(choice, ApiError.unavailable(end.detail()));
            case FAILED -> failedBy(choice, ApiError.failed(end.detail()));
            case MOVED -> {
              sequences.submitAgain(choice, Again.MOVED, end.detail());
              yield this;
            }
            case LOST -> {
              sequences.submitAfterLoss(choice, end.detail());
              yield this;
            }
          };
    };
  }

  /** A choice has its place: that it is computed says so too, where the first word was lost. */
  private void placed(int choice) {
    reply.place(choice);
    if (isStreaming() && answer.complete(new Answer.Stream(cut))) {
      pauseIfUnread();
    }
  }

  private Behavior<Command> failedBy(int choice, ApiError error) {
    reply.end(choice);
    return fail(error);
  }

  private Behavior<Command> onToken(int index, SequenceEvent.Token token) {
    if (sequences.has(index, token.index() + 1)) {
      // It has come twice.
      return this;
    }
    if (!sequences.generated(index, token)) {
      sequences.submitAgain(index, Again.TOKEN_LOST, "a token was lost on its way");
      return this;
    }
    meter.token(index);
    Choice choice = reply.push(index, token);
    if (choice.finished() && !reply.ended(index)) {
      sequences.cancel(index);
    }
    if (generation.options().stream()) {
      unread.add();
      Behavior<Command> next = answerPull();
      pauseIfUnread();
      return next;
    }
    if (reply.allEnded()) {
      ObjectNode whole = reply.whole();
      place.answered();
      answer.complete(new Answer.Whole(whole));
      return Behaviors.stopped();
    }
    return this;
  }

  /** Nobody can read before the last choice has its place, so nothing is paused before. */
  private void pauseIfUnread() {
    if (isStreaming() && unread.pauses()) {
      sequences.pause();
    }
  }

  /** Gives the stream what there is for it; nothing where it has not asked. */
  private Behavior<Command> answerPull() {
    if (pull == null) {
      return this;
    }
    if (reply.lastEventsTaken()) {
      nobodyReads = true;
      pull.complete(Optional.empty());
      pull = null;
      return this;
    }
    if (unread.take()) {
      sequences.resume();
    }
    ServerSentEvents events = reply.takeEvents(Optional.ofNullable(failure));
    if (!events.isEmpty()) {
      if (reply.lastEventsTaken()) {
        place.answered();
      }
      send(events.toBytes());
    }
    return this;
  }

  private void send(ByteString bytes) {
    sentSinceBeat = true;
    pull.complete(Optional.of(bytes));
    pull = null;
  }

  /** Whether the client has been told of a stream, and can pull. */
  private boolean isStreaming() {
    return generation.options().stream() && reply.allPlaced();
  }

  /** Whether all is done but telling the client. */
  private boolean isOver() {
    return failure != null || reply.allEnded();
  }

  /** Measures how long a client lets wait what the request cannot go on without its reading. */
  private Behavior<Command> readerMinded(Behavior<Command> next) {
    if (!isStreaming() || pull != null || !(unread.paused() || isOver())) {
      timers.cancel(READER_STUCK);
    } else if (!timers.isTimerActive(READER_STUCK)) {
      timers.startSingleTimer(READER_STUCK, limits.stuckReaderTimeout());
    }
    return next;
  }

  /**
   * This node is out of the rack, and stops. A client that can go on with its stream at another
   * gateway does so when the connection breaks, and would take an error for the end.
   */
  private Behavior<Command> routerGone() {
    if (isOver()) {
      return this;
    }
    brokenOff = isStreaming() && stream.isPresent();
    return brokenOff
        ? Behaviors.stopped()
        : fail(ApiError.unavailable("this gateway has left the rack; ask another one"));
  }

  /** The request is over, but for telling the client. */
  private Behavior<Command> fail(ApiError error) {
    if (failure != null) {
      return this;
    }
    failure = error;
    sequences.cancel();
    if (answer.completeExceptionally(error)) {
      return Behaviors.stopped();
    }
    return answerPull();
  }

  private Behavior<Command> stopped() {
    meter.over(
        failure != null || brokenOff
            ? Outcome.FAILED
            : reply.allEnded() ? Outcome.COMPLETE : Outcome.LEFT);
    place.leave();
    stream.ifPresent(open -> open.close(reply.lastEventsTaken() && failure == null));
    sequences.cancel();
    answer.completeExceptionally(ApiError.unavailable("the server is stopping"));
    if (nobodyReads) {
      cut.complete(null);
    } else {
      cut.completeExceptionally(ApiError.failed("the stream was broken off"));
    }
    return this;
  }
}
