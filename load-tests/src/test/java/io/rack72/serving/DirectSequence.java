package io.rack72.serving;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.rack.LocalRack;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A sequence asked of the rack itself, with no gateway between. */
final class DirectSequence {
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private DirectSequence() {}

  /** All its tokens. The id must be new to the rack. */
  static List<SampledToken> generate(
      LocalRack rack, String id, List<Integer> promptIds, SamplingParams params) {
    CompletableFuture<List<SampledToken>> tokens = new CompletableFuture<>();
    ActorRef<SequenceEvent> owner =
        rack.system().systemActorOf(owner(tokens), "owner-" + id, Props.empty());
    int[] prompt = promptIds.stream().mapToInt(Integer::intValue).toArray();
    SequenceRequest request =
        new SequenceRequest(new SequenceId(id, 0), 1, prompt, new int[0], params, Standing.DEFAULT);
    rack.router().tell(new RouterActor.Submit(request, owner));
    try {
      return tokens.get(DEADLINE.toSeconds(), SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the sequence did not end within " + DEADLINE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static Behavior<SequenceEvent> owner(CompletableFuture<List<SampledToken>> tokens) {
    List<SampledToken> soFar = new ArrayList<>();
    return Behaviors.receiveMessage(
        event ->
            switch (event) {
              case SequenceEvent.Placed placed -> Behaviors.same();
              case SequenceEvent.Started started -> Behaviors.same();
              case SequenceEvent.Alive alive -> Behaviors.same();
              case SequenceEvent.Token token -> {
                soFar.add(token.token());
                if (token.finish().isEmpty()) {
                  yield Behaviors.same();
                }
                tokens.complete(List.copyOf(soFar));
                yield Behaviors.stopped();
              }
              case SequenceEvent.Ended ended -> {
                tokens.completeExceptionally(new AssertionError(ended.toString()));
                yield Behaviors.stopped();
              }
            });
  }
}
