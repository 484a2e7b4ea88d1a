package io.rack72.twin;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import io.rack72.sampling.SampledToken;
import io.rack72.sampling.SamplingParams;
import io.rack72.schedule.FinishReason;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A client of a rack on virtual time that asks one thing after another. Confined to the thread that
 * moves the time.
 *
 * <p><b>Owns</b> the sequence of its question. <b>Receives</b> what becomes of it. <b>Sends</b> it
 * to the rack. <b>On failure</b> of the sequence the question fails.
 */
public final class VirtualClient {
  private static final String NAME = "client";

  /** Of virtual time, in which any reply has ended: a day. */
  private static final long PATIENCE_NANOS = TimeUnit.DAYS.toNanos(1);

  /**
   * A token of a reply.
   *
   * @param sinceAskedNanos when it came, from when it was asked for
   */
  public record TimedToken(SampledToken token, long sinceAskedNanos) {}

  /**
   * A reply.
   *
   * @param finish why it ended
   */
  public record TimedReply(List<TimedToken> tokens, FinishReason finish) {
    public TimedReply {
      tokens = List.copyOf(tokens);
    }
  }

  private final VirtualRack rack;
  private final ActorRef<RouterActor.Command> host;
  private final ActorRef<SequenceEvent> self;
  private final List<TimedToken> tokens = new ArrayList<>();
  private int asked;
  private long askedAtNanos;
  private Optional<FinishReason> finish = Optional.empty();
  private Optional<String> failure = Optional.empty();

  /**
   * @param modeled what the rack is made of, whose host requests pass
   */
  public VirtualClient(ModeledRack modeled, VirtualRack rack) {
    this.rack = rack;
    host = rack.spawn(modeled.host(rack.router(), rack.time()), "request-host");
    self = rack.spawn(behavior(), NAME);
  }

  private Behavior<SequenceEvent> behavior() {
    return Behaviors.receiveMessage(
        event -> {
          switch (event) {
            case SequenceEvent.Placed _, SequenceEvent.Started _, SequenceEvent.Alive _ -> {}
            case SequenceEvent.Token token -> {
              tokens.add(new TimedToken(token.token(), rack.time().nowNanos() - askedAtNanos));
              finish = token.finish();
            }
            case SequenceEvent.Ended ended -> failure = Optional.of(ended.detail());
          }
          return Behaviors.same();
        });
  }

  /**
   * Asks, and moves time on to the end of the reply.
   *
   * @throws IllegalStateException if it ends without one; the message says why
   */
  public TimedReply ask(int[] prompt, SamplingParams params) {
    tokens.clear();
    finish = Optional.empty();
    failure = Optional.empty();
    askedAtNanos = rack.time().nowNanos();
    host.tell(
        new RouterActor.Submit(
            new SequenceRequest(
                new SequenceId(NAME, asked++), 1, prompt, new int[0], params, Standing.DEFAULT),
            self));
    boolean over =
        rack.time()
            .runWhile(() -> finish.isEmpty() && failure.isEmpty(), askedAtNanos + PATIENCE_NANOS);
    if (failure.isPresent() || !over) {
      throw new IllegalStateException(
          failure.orElse("the rack does not answer any more; the log says why"));
    }
    return new TimedReply(tokens, finish.orElseThrow());
  }
}
