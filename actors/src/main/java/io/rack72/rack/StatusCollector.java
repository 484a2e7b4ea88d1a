package io.rack72.rack;

import io.rack72.gpu.GpuStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * One report being put together.
 *
 * <p><b>Owns</b> the answers so far. <b>Receives</b> each GPU's state once. <b>Sends</b> the whole
 * to who asked, and stops. <b>On failure</b> of a GPU the report never becomes whole and the
 * asker's deadline passes; this actor ends with the rack.
 */
final class StatusCollector extends AbstractBehavior<GpuStatus> {
  private final RackStatus about;
  private final int expected;
  private final ActorRef<RackStatus> replyTo;
  private final List<GpuStatus> answers = new ArrayList<>();

  static Behavior<GpuStatus> create(RackStatus about, int expected, ActorRef<RackStatus> replyTo) {
    return Behaviors.setup(context -> new StatusCollector(context, about, expected, replyTo));
  }

  private StatusCollector(
      ActorContext<GpuStatus> context,
      RackStatus about,
      int expected,
      ActorRef<RackStatus> replyTo) {
    super(context);
    this.about = about;
    this.expected = expected;
    this.replyTo = replyTo;
  }

  @Override
  public Receive<GpuStatus> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<GpuStatus> on(GpuStatus answer) {
    answers.add(answer);
    if (answers.size() < expected) {
      return this;
    }
    answers.sort(Comparator.comparingInt(GpuStatus::gpu));
    replyTo.tell(about.with(answers));
    return Behaviors.stopped();
  }
}
