package io.rack72.fabric;

import io.rack72.clock.Clock;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.link.Lane;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * The NVLink port of one GPU: every tensor that leaves or reaches it passes here.
 *
 * <p><b>Owns</b> both directions of the port, as queues in time, and the frames that wait in them.
 * <b>Receives</b> frames from its GPU, and frames and credits from the other ports. <b>Sends</b>
 * frames to the other ports, arrived ones to its GPU, and credits back. <b>On failure</b> the rack
 * stops: a lost frame is a step that never ends.
 *
 * <p>There is no timer per message. A frame whose instant has come is handed on at once; only for
 * the first of those still on their way is a wake asked of the clock.
 */
public final class PortActor extends AbstractBehavior<PortActor.Command> {
  /** What a port takes. */
  public sealed interface Command {}

  /** Where the other ports are. Comes before any frame. */
  public record Connect(Map<GpuId, ActorRef<Command>> ports) implements Command {}

  /** Where arrived frames go. Those that arrive before wait. */
  public record Attach(ActorRef<Frame> gpu) implements Command {}

  /** A frame from this port's GPU. */
  public record Send(Frame frame) implements Command {}

  /** A frame that flows out of another port. */
  public record Incoming(Frame frame, Lane.Passage departure) implements Command {}

  /** A frame of so many bytes has arrived where this port sent it. */
  public record Credit(long bytes) implements Command {}

  /** Tell the counters. */
  public record Report(ActorRef<PortReport> replyTo) implements Command {}

  private enum Due implements Command {
    ARRIVAL
  }

  private final GpuId id;
  private final Clock clock;
  private final Egress egress;
  private final Ingress ingress;
  private Map<GpuId, ActorRef<Command>> ports = Map.of();
  private ActorRef<Frame> gpu;
  private boolean wakeAsked;
  private long sentBytes;
  private long receivedBytes;
  private long sentFrames;
  private long receivedFrames;

  /**
   * A port with the bandwidth and latency of a profile.
   *
   * @param id of the port's GPU
   * @param windowBytes bytes that may be under way from this port at once
   * @param peers other ports in the rack
   */
  public static Behavior<Command> create(
      GpuId id, GpuProfile profile, long windowBytes, int peers, Clock clock) {
    return Behaviors.setup(
        context -> new PortActor(context, id, profile, windowBytes, peers, clock));
  }

  private PortActor(
      ActorContext<Command> context,
      GpuId id,
      GpuProfile profile,
      long windowBytes,
      int peers,
      Clock clock) {
    super(context);
    this.id = id;
    this.clock = clock;
    egress = new Egress(new Lane(profile.nvlinkBytesPerSecond()), windowBytes, peers);
    ingress = new Ingress(new Lane(profile.nvlinkBytesPerSecond()), profile.nvlinkLatencyNanos());
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onAnyMessage(this::on).build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Connect(Map<GpuId, ActorRef<Command>> all) -> ports = all;
      case Attach(ActorRef<Frame> to) -> {
        gpu = to;
        handOnWhatArrived();
      }
      case Send(Frame frame) -> {
        egress.offer(frame, clock.nowNanos());
        sendWhatMayLeave();
      }
      case Incoming(Frame frame, Lane.Passage departure) -> {
        ingress.accept(frame, departure);
        handOnWhatArrived();
      }
      case Credit(long bytes) -> {
        egress.credit(bytes);
        sendWhatMayLeave();
      }
      case Due.ARRIVAL -> {
        wakeAsked = false;
        handOnWhatArrived();
      }
      case Report(ActorRef<PortReport> replyTo) ->
          replyTo.tell(
              new PortReport(
                  id,
                  new PortCounters(
                      sentBytes, receivedBytes, sentFrames, receivedFrames, egress.waitedNanos())));
    }
    return this;
  }

  private void sendWhatMayLeave() {
    long now = clock.nowNanos();
    Departure departure = egress.poll(now);
    while (departure != null) {
      Frame frame = departure.frame();
      sentBytes += frame.bytes();
      sentFrames++;
      ports.get(frame.to()).tell(new Incoming(frame, departure.passage()));
      departure = egress.poll(now);
    }
  }

  private void handOnWhatArrived() {
    if (gpu == null) {
      return;
    }
    long now = clock.nowNanos();
    Frame frame = ingress.poll(now);
    while (frame != null) {
      receivedBytes += frame.bytes();
      receivedFrames++;
      gpu.tell(frame);
      ports.get(frame.from()).tell(new Credit(frame.bytes()));
      frame = ingress.poll(now);
    }
    long next = ingress.nextArrivalNanos();
    if (!wakeAsked && next != Long.MAX_VALUE) {
      wakeAsked = true;
      ActorRef<Command> self = getContext().getSelf();
      clock.wakeAt(next, () -> self.tell(Due.ARRIVAL));
    }
  }
}
