package io.rack72.rack;

import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Messages that Pekko drops before they are sent: their connection's queue is full, or gone with
 * the node that it led to, or they are larger than a frame may be. Whoever waits for them finds out
 * by itself; this is for those who want to know why.
 *
 * <p><b>Owns</b> when it last complained. <b>Receives</b> what Pekko tells of such messages.
 * <b>Sends</b> nothing: it counts, and logs the first, the second, the fourth and so on. <b>On
 * failure</b> nothing is counted any more.
 */
final class DroppedMessages extends AbstractBehavior<DroppedMessages.Command> {
  sealed interface Command {}

  private record NotSent(Dropped message) implements Command {}

  private final LongAdder count;
  private long complainAt = 1;

  /**
   * @param count is increased by each
   */
  static Behavior<Command> create(LongAdder count) {
    return Behaviors.setup(context -> new DroppedMessages(context, count));
  }

  private DroppedMessages(ActorContext<Command> context, LongAdder count) {
    super(context);
    this.count = count;
    context
        .getSystem()
        .eventStream()
        .tell(
            new EventStream.Subscribe<>(
                Dropped.class, context.messageAdapter(Dropped.class, NotSent::new)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case NotSent(Dropped dropped) -> {
        count.increment();
        if (count.sum() >= complainAt) {
          complainAt = 2 * count.sum();
          getContext()
              .getLog()
              .warn(
                  "{} messages were dropped so far; the last, {} to {}: {}",
                  count,
                  dropped.message().getClass().getName(),
                  dropped.recipient().path(),
                  dropped.reason());
        }
      }
    }
    return this;
  }
}
