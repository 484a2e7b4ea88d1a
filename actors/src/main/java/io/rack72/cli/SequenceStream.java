package io.rack72.cli;

import io.rack72.gpu.SequenceEvent;
import io.rack72.gpu.SequenceRequest;
import io.rack72.routing.RouterActor;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The events of one sequence for a thread that waits for them. Not thread-safe.
 *
 * <p>The queue needs no limit of its own: a sequence has at most its {@code maxTokens} events and
 * two more.
 */
final class SequenceStream implements AutoCloseable {
  private final BlockingQueue<SequenceEvent> events = new LinkedBlockingQueue<>();
  private final RackLauncher.Rack rack;
  private final SequenceRequest request;
  private boolean ended;

  private SequenceStream(RackLauncher.Rack rack, SequenceRequest request) {
    this.rack = rack;
    this.request = request;
  }

  /** Submits a sequence. */
  static SequenceStream submit(RackLauncher.Rack rack, SequenceRequest request) {
    SequenceStream stream = new SequenceStream(rack, request);
    ActorRef<SequenceEvent> owner =
        rack.system()
            .systemActorOf(
                Behaviors.receiveMessage(
                    event -> {
                      stream.events.add(event);
                      return Behaviors.same();
                    }),
                "generate-" + request.id().request(),
                Props.empty());
    rack.router().tell(new RouterActor.Submit(request, owner));
    return stream;
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
