package io.rack72.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.gateway.Generation.Sequence;
import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
 * <p><b>Owns</b> the request: its prompts, its parameters, and every token produced so far, as text
 * that was delivered or waits to be.
 *
 * <p><b>Receives</b> what becomes of its sequences, pulls of the client's connection for the next
 * part of a stream, and word that the client is gone.
 *
 * <p><b>Sends</b> its sequences to the router, and their cancellation as soon as no more tokens are
 * wanted. Its answer goes into a future, because the connection that waits for it is no actor.
 *
 * <p><b>On failure</b> of a sequence, of the router, or of itself the request fails as a whole:
 * with an HTTP status where nothing was sent yet, with an error event in a stream otherwise; its
 * other sequences are cancelled.
 *
 * <p>A client that pulls slowly gets what came meanwhile in one piece. Where more tokens than the
 * limit wait for it, it does not read, and the request fails. Before a stream begins, and of a
 * reply that is no stream, it holds at most {@code maxTokens} of each sequence.
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

  private record Beat() implements Command {}

  /** How a request that was not refused is answered. */
  sealed interface Answer {
    /** With all of it at once. */
    record Whole(ObjectNode json) implements Answer {}

    /** Piece by piece: pull them. */
    record Stream() implements Answer {}
  }

  private static final int ATTEMPT = 1;

  private final Generation generation;
  private final ActorRef<RouterActor.Command> router;
  private final int unreadLimitTokens;
  private final CompletableFuture<Answer> answer;
  private final Reply reply;
  private CompletableFuture<Optional<ByteString>> pull;
  private int unreadTokens;
  private boolean sentSinceBeat;
  private ApiError failure;

  /**
   * @param unreadLimitTokens of a stream that may wait for the client
   * @param answer completed once: with how the request is answered, or with an {@link ApiError}
   */
  static Behavior<Command> create(
      Generation generation,
      ActorRef<RouterActor.Command> router,
      Duration heartbeat,
      int unreadLimitTokens,
      CompletableFuture<Answer> answer) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new RequestActor(
                        context,
                        timers,
                        generation,
                        router,
                        heartbeat,
                        unreadLimitTokens,
                        answer)));
  }

  private RequestActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Generation generation,
      ActorRef<RouterActor.Command> router,
      Duration heartbeat,
      int unreadLimitTokens,
      CompletableFuture<Answer> answer) {
    super(context);
    this.generation = generation;
    this.router = router;
    this.unreadLimitTokens = unreadLimitTokens;
    this.answer = answer;
    this.reply = new Reply(generation);
    if (generation.options().stream()) {
      timers.startTimerWithFixedDelay(new Beat(), heartbeat);
    }
    context.watch(router);
    ActorRef<SequenceEvent> events = context.messageAdapter(SequenceEvent.class, Happened::new);
    for (int i = 0; i < generation.sequences().size(); i++) {
      Sequence sequence = generation.sequences().get(i);
      router.tell(
          new RouterActor.Submit(
              new SequenceRequest(
                  id(i), ATTEMPT, sequence.promptIds(), new int[0], sequence.params(), Standing.DEFAULT),
              events));
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onAnyMessage(this::guarded)
        .onSignal(Terminated.class, signal -> fail(ApiError.failed("the rack has stopped")))
        .onSignal(PostStop.class, signal -> stopped())
        .build();
  }

  /** A request that cannot go on tells its client instead of leaving it waiting. */
  private Behavior<Command> guarded(Command command) {
    try {
      return on(command);
    } catch (RuntimeException e) {
      getContext().getLog().error("request {} failed", generation.id(), e);
      return fail(ApiError.failed("the server failed while it made the reply"));
    }
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
      case Disconnected() -> {
        answer.completeExceptionally(ApiError.failed("the client closed its connection"));
        yield Behaviors.stopped();
      }
    };
  }

  private Behavior<Command> onEvent(SequenceEvent event) {
    int choice = event.id().choice();
    if (event.attempt() != ATTEMPT || reply.ended(choice) || failure != null) {
      return this;
    }
    return switch (event) {
      case SequenceEvent.Placed there -> {
        reply.place(choice);
        if (generation.options().stream() && reply.allPlaced()) {
          answer.complete(new Answer.Stream());
        }
        yield this;
      }
      case SequenceEvent.Started started -> this;
      case SequenceEvent.Token token -> onToken(choice, token);
      case SequenceEvent.Ended end -> {
        reply.end(choice);
        yield fail(
            switch (end.cause()) {
              case TOO_LARGE -> ApiError.invalid("", end.detail());
              case FULL -> ApiError.overloaded(end.detail());
              case FAILED -> ApiError.failed(end.detail());
            });
      }
    };
  }

  private Behavior<Command> onToken(int index, SequenceEvent.Token token) {
    Choice choice = reply.choice(index);
    if (token.index() < choice.tokens()) {
      return this;
    }
    if (token.index() > choice.tokens()) {
      return fail(
          ApiError.failed(
              "token %d of choice %d was lost on its way".formatted(choice.tokens(), index)));
    }
    choice.push(token.token(), token.finish());
    if (token.finish().isPresent()) {
      reply.end(index);
    } else if (choice.finished()) {
      cancel(index);
    }
    if (generation.options().stream()) {
      // Nobody can read before the last choice has its place.
      if (reply.allPlaced()) {
        unreadTokens++;
      }
      return pull == null && unreadTokens > unreadLimitTokens
          ? fail(ApiError.notRead(unreadLimitTokens))
          : answerPull();
    }
    if (reply.allEnded()) {
      answer.complete(new Answer.Whole(reply.whole()));
      return Behaviors.stopped();
    }
    return this;
  }

  /** Gives the stream what there is for it; nothing where it has not asked. */
  private Behavior<Command> answerPull() {
    if (pull == null) {
      return this;
    }
    if (reply.lastEventsTaken()) {
      pull.complete(Optional.empty());
      pull = null;
      return this;
    }
    unreadTokens = 0;
    ServerSentEvents events = reply.takeEvents(Optional.ofNullable(failure));
    if (!events.isEmpty()) {
      send(events.toBytes());
    }
    return this;
  }

  private void send(ByteString bytes) {
    sentSinceBeat = true;
    pull.complete(Optional.of(bytes));
    pull = null;
  }

  /** The request is over, but for telling the client. */
  private Behavior<Command> fail(ApiError error) {
    if (failure != null) {
      return this;
    }
    failure = error;
    cancelAll();
    if (answer.completeExceptionally(error)) {
      return Behaviors.stopped();
    }
    return answerPull();
  }

  private Behavior<Command> stopped() {
    cancelAll();
    answer.completeExceptionally(ApiError.failed("the server is stopping"));
    if (pull != null) {
      pull.complete(Optional.empty());
    }
    return this;
  }

  private void cancelAll() {
    for (int i = 0; i < generation.sequences().size(); i++) {
      if (!reply.ended(i)) {
        cancel(i);
      }
    }
  }

  private void cancel(int choice) {
    reply.end(choice);
    router.tell(new RouterActor.Cancel(id(choice)));
  }

  private SequenceId id(int choice) {
    return new SequenceId(generation.id(), choice);
  }
}
