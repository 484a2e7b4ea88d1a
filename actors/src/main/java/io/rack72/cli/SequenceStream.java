package io.rack72.cli;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The events of one sequence for a thread that waits for them. When the rack's router ends, so does
 * the sequence. Not thread-safe.
 */
final class SequenceStream implements AutoCloseable {
  /** Beside tokens: the sequence is placed, it ends, and so does the router. */
  private static final int OTHER_EVENTS = 3;

  private final BlockingQueue<SequenceEvent> events;
  private final RackLauncher.Rack rack;
  private final SequenceRequest request;
  private boolean ended;

  private SequenceStream(RackLauncher.Rack rack, SequenceRequest request) {
    this.rack = rack;
    this.request = request;
    long limit = (long) request.params().maxTokens() + OTHER_EVENTS;
    events = new LinkedBlockingQueue<>((int) Math.min(limit, Integer.MAX_VALUE));
  }

  /** Submits a sequence. */
  static SequenceStream submit(RackLauncher.Rack rack, SequenceRequest request) {
    SequenceStream stream = new SequenceStream(rack, request);
    ActorRef<SequenceEvent> owner =
        rack.system()
            .systemActorOf(stream.owner(), "generate-" + request.id().request(), Props.empty());
    rack.router().tell(new RouterActor.Submit(request, owner));
    return stream;
  }

  private Behavior<SequenceEvent> owner() {
    return Behaviors.setup(
        context -> {
          context.watch(rack.router());
          return Behaviors.receive(SequenceEvent.class)
              .onAnyMessage(
                  event -> {
                    events.add(event);
                    return Behaviors.same();
                  })
              .onSignal(
                  Terminated.class,
                  _ -> {
                    events.add(
                        new SequenceEvent.Ended(
                            request.id(),
                            request.attempt(),
                            SequenceEvent.Cause.FAILED,
                            "the rack has stopped by itself; its log says why"));
                    return Behaviors.stopped();
                  })
              .build();
        });
  }

  /**
   * Waits for the next token; the last one has a finish reason.
   *
   * @throws CommandFailedException if the sequence ends without one
   */
  SequenceEvent.Token next() throws InterruptedException {
    while (true) {
      switch (events.take()) {
        case SequenceEvent.Placed _ -> {}
        case SequenceEvent.Started _ -> {}
        case SequenceEvent.Alive _ -> {}
        case SequenceEvent.Token token -> {
          ended = token.finish().isPresent();
          return token;
        }
        case SequenceEvent.Ended failure -> {
          ended = true;
          throw new CommandFailedException(failure.detail());
        }
      }
    }
  }

  /** Stops the sequence if it goes on. */
  @Override
  public void close() {
    if (!ended) {
      rack.router().tell(new RouterActor.Cancel(request.id()));
    }
  }
}
