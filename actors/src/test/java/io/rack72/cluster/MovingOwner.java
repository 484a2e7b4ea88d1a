package io.rack72.cluster;

import static java.util.stream.Collectors.joining;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** An owner of one sequence, which goes on elsewhere when its GPU gives it back. */
final class MovingOwner extends AbstractBehavior<SequenceEvent> {
  private final ActorRef<RouterActor.Command> router;
  private final SequenceId id;
  private final int[] prompt;
  private final SamplingParams params;
  private final CompletableFuture<List<SampledToken>> reply;
  private final AtomicInteger moves;
  private final List<SampledToken> tokens = new ArrayList<>();
  private int attempt;

  /**
   * @param reply gets the tokens when all are there, or fails
   * @param moves counted on each time that a sequence goes on elsewhere
   */
  static Behavior<SequenceEvent> create(
      ActorRef<RouterActor.Command> router,
      SequenceId id,
      int[] prompt,
      SamplingParams params,
      CompletableFuture<List<SampledToken>> reply,
      AtomicInteger moves) {
    return Behaviors.setup(
        context -> new MovingOwner(context, router, id, prompt, params, reply, moves));
  }

  private MovingOwner(
      ActorContext<SequenceEvent> context,
      ActorRef<RouterActor.Command> router,
      SequenceId id,
      int[] prompt,
      SamplingParams params,
      CompletableFuture<List<SampledToken>> reply,
      AtomicInteger moves) {
    super(context);
    this.router = router;
    this.id = id;
    this.prompt = prompt;
    this.params = params;
    this.reply = reply;
    this.moves = moves;
    submit();
  }

  private void submit() {
    attempt++;
    int[] generated = tokens.stream().mapToInt(SampledToken::id).toArray();
    router.tell(
        new RouterActor.Submit(
            new SequenceRequest(id, attempt, prompt, generated, params, Standing.DEFAULT),
            getContext().getSelf()));
  }

  @Override
  public Receive<SequenceEvent> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<SequenceEvent> on(SequenceEvent event) {
    if (event.attempt() != attempt) {
      return this;
    }
    return switch (event) {
      case SequenceEvent.Placed _, SequenceEvent.Started _, SequenceEvent.Alive _ -> this;
      case SequenceEvent.Ended ended
          when ended.cause() == SequenceEvent.Cause.MOVED
              || ended.cause() == SequenceEvent.Cause.LOST -> {
        moves.incrementAndGet();
        submit();
        yield this;
      }
      case SequenceEvent.Ended ended -> {
        reply.completeExceptionally(new AssertionError(ended.toString()));
        yield Behaviors.stopped();
      }
      case SequenceEvent.Token token -> onToken(token);
    };
  }

  private Behavior<SequenceEvent> onToken(SequenceEvent.Token token) {
    if (token.index() != tokens.size()) {
      reply.completeExceptionally(
          new AssertionError(
              "token %d of %s came as %d, after %s"
                  .formatted(
                      token.index(),
                      id,
                      tokens.size(),
                      tokens.stream().map(t -> "" + t.id()).collect(joining(" ")))));
      return Behaviors.stopped();
    }
    tokens.add(token.token());
    if (token.finish().isEmpty()) {
      return this;
    }
    reply.complete(List.copyOf(tokens));
    return Behaviors.stopped();
  }
}
