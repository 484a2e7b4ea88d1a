package io.rack72.rack;

import io.rack72.gpu.SequenceEvent;
import io.rack72.sampling.SampledToken;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** An owner that keeps a sequence's tokens until it ends, and checks that they come in order. */
final class SequenceCollector {
  private SequenceCollector() {}

  /** Completes {@code tokens} with all of them, or exceptionally where the sequence breaks off. */
  static Behavior<SequenceEvent> create(CompletableFuture<List<SampledToken>> tokens) {
    List<SampledToken> soFar = new ArrayList<>();
    return Behaviors.receive(SequenceEvent.class)
        .onMessage(SequenceEvent.Placed.class, _ -> Behaviors.same())
        .onMessage(SequenceEvent.Started.class, _ -> Behaviors.same())
        .onMessage(
            SequenceEvent.Ended.class,
            ended -> {
              tokens.completeExceptionally(new SequenceEndedException(ended));
              return Behaviors.stopped();
            })
        .onMessage(
            SequenceEvent.Token.class,
            token -> {
              if (token.index() != soFar.size()) {
                tokens.completeExceptionally(
                    new AssertionError("token " + token.index() + " came as " + soFar.size()));
                return Behaviors.stopped();
              }
              soFar.add(token.token());
              if (token.finish().isPresent()) {
                tokens.complete(List.copyOf(soFar));
                return Behaviors.stopped();
              }
              return Behaviors.same();
            })
        .build();
  }

  /** A sequence that ended without a finish reason. */
  static final class SequenceEndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient SequenceEvent.Ended ended;

    SequenceEndedException(SequenceEvent.Ended ended) {
      super(ended.toString());
      this.ended = ended;
    }
  }
}
