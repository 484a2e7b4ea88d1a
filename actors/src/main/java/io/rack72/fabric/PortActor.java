package io.rack72.fabric;

import io.rack72.clock.Clock;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.link.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * frames to the other ports, those of other JVMs by way of trunks, arrived ones to its GPU, and
 * credits back. <b>On failure</b> its tray is out of the rack: a lost frame is a step that never
 * ends.
 *
 * <p>There is no timer per message. A frame whose instant has come is handed on at once; only for
 * the first of those still on their way is a wake asked of the clock.
 */
public final class PortActor extends AbstractBehavior<PortActor.Command> {
  /** What a port takes. */
  public sealed interface Command {}

  /**
   * How the other ports are reached, from now on. Comes before any frame; what is under way to a
   * port that is reached no more is given up.
   */
  public record Connect(Map<GpuId, Link> links) implements Command {}

  /**
   * These ports, and no others, do not answer: what waits for them, is under way to them or comes
   * for them is given up, so that it does not keep others waiting.
   */
  public record GiveUp(Set<GpuId> on) implements Command {}

  /** Where arrived frames go. Those that arrive before wait. */
  public record Attach(ActorRef<Frame> gpu) implements Command {}

  /** Frames from this port's GPU. */
  public record Send(List<Frame> frames) implements Command {}

  /** Frames that flow out of other ports. */
  public record Incoming(List<Departure> frames) implements Command {}

  /** Bytes of frames have arrived at another port. */
  public record Credit(GpuId by, long bytes) implements Command {}

  /**
   * The port is slow for a time.
   *
   * @param factor of the bandwidth that is left, above 0
   */
  public record Slow(double factor, Duration length) implements Command {}

  /** Tell the counters. */
  public record Report(ActorRef<PortReport> replyTo) implements Command {}

  private enum Due implements Command {
    ARRIVAL,
    FULL_SPEED
  }

  private final GpuId id;
  private final long bytesPerSecond;
  private final Clock clock;
  private final Egress egress;
  private final Ingress ingress;
  private final Map<ActorRef<Carry>, Outbox> outboxes = new LinkedHashMap<>();
  private Map<GpuId, Link> links = Map.of();
  private Set<GpuId> givenUp = Set.of();
  private boolean waitingIsTold;
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
    this.bytesPerSecond = profile.nvlinkBytesPerSecond();
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
      case Connect(Map<GpuId, Link> all) -> connect(all);
      case GiveUp(Set<GpuId> on) -> {
        givenUp = on;
        egress.forget(on::contains);
        sendWhatMayLeave();
      }
      case Attach(ActorRef<Frame> to) -> {
        gpu = to;
        handOnWhatArrived();
      }
      case Send(List<Frame> frames) -> {
        long now = clock.nowNanos();
        for (Frame frame : frames) {
          // Whoever waits for an answer of a GPU that has gone is told so, and begins anew.
          if (links.containsKey(frame.to()) && !givenUp.contains(frame.to())) {
            egress.offer(frame, now);
          }
        }
        sendWhatMayLeave();
      }
      case Incoming(List<Departure> frames) -> {
        frames.forEach(departure -> ingress.accept(departure.frame(), departure.passage()));
        handOnWhatArrived();
      }
      case Credit(GpuId by, long bytes) -> {
        egress.credit(by, bytes);
        sendWhatMayLeave();
      }
      case Due.ARRIVAL -> {
        wakeAsked = false;
        handOnWhatArrived();
      }
      case Slow(double factor, Duration length) -> {
        changeBandwidth(Math.max(1, Math.round(bytesPerSecond * factor)));
        ActorRef<Command> self = getContext().getSelf();
        clock.wakeAt(clock.nowNanos() + length.toNanos(), () -> self.tell(Due.FULL_SPEED));
      }
      case Due.FULL_SPEED -> changeBandwidth(bytesPerSecond);
      case Report(ActorRef<PortReport> replyTo) ->
          replyTo.tell(
              new PortReport(
                  id,
                  new PortCounters(
                      sentBytes, receivedBytes, sentFrames, receivedFrames, egress.waitedNanos())));
    }
    handOverToTrunks();
    return this;
  }

  private void changeBandwidth(long now) {
    egress.changeBandwidth(now);
    ingress.changeBandwidth(now);
  }

  private void connect(Map<GpuId, Link> all) {
    links = all;
    outboxes.clear();
    for (Link link : all.values()) {
      if (link instanceof Link.Far(ActorRef<Carry> trunk)) {
        outboxes.putIfAbsent(trunk, new Outbox());
      }
    }
    egress.forget(gpu -> !all.containsKey(gpu));
    sendWhatMayLeave();
  }

  private void sendWhatMayLeave() {
    long now = clock.nowNanos();
    Departure departure = egress.poll(now);
    while (departure != null) {
      Frame frame = departure.frame();
      sentBytes += frame.bytes();
      sentFrames++;
      switch (links.get(frame.to())) {
        case Link.Near(ActorRef<Command> port) -> port.tell(new Incoming(List.of(departure)));
        case Link.Far(ActorRef<Carry> trunk) -> outboxes.get(trunk).frames.add(departure);
      }
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
      credit(frame);
      frame = ingress.poll(now);
    }
    long next = ingress.nextArrivalNanos();
    if (!wakeAsked && next != Long.MAX_VALUE) {
      wakeAsked = true;
      ActorRef<Command> self = getContext().getSelf();
      clock.wakeAt(next, () -> self.tell(Due.ARRIVAL));
    }
  }

  private void credit(Frame frame) {
    switch (links.get(frame.from())) {
      case Link.Near(ActorRef<Command> port) -> port.tell(new Credit(id, frame.bytes()));
      case Link.Far(ActorRef<Carry> trunk) ->
          outboxes.get(trunk).credits.add(new PortCredit(frame.from(), id, frame.bytes()));
      // Its sender has left meanwhile.
      case null -> {}
    }
  }

  /** Gives each trunk, in one message, what one message to this port made of it. */
  private void handOverToTrunks() {
    boolean waiting = egress.isWaiting();
    boolean changed = waiting != waitingIsTold;
    outboxes.forEach(
        (trunk, outbox) -> {
          if (changed || !outbox.isEmpty()) {
            trunk.tell(outbox.take(id, waiting));
          }
        });
    waitingIsTold = waiting;
  }

  /** What goes to the ports of another JVM next. */
  private static final class Outbox {
    private List<PortCredit> credits = new ArrayList<>();
    private List<Departure> frames = new ArrayList<>();

    boolean isEmpty() {
      return credits.isEmpty() && frames.isEmpty();
    }

    Carry take(GpuId port, boolean waiting) {
      Carry taken = new Carry(port, waiting, credits, frames);
      credits = new ArrayList<>();
      frames = new ArrayList<>();
      return taken;
    }
  }
}
