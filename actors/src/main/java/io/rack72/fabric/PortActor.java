package io.rack72.fabric;

import io.rack72.clock.Clock;
import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.link.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
 * <p>There is no timer per message. A frame whose instant has come is handed on at once, and a wake
 * asked of the clock only for the first of those still on their way; and for the next that waits
 * for its lane, where that is not free soon.
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
   * for them is given up, so that it does not keep others waiting. But to one that sends something
   * nevertheless all goes on: it may be back, and know before this node does, and wait for an
   * answer.
   */
  public record GiveUp(Set<GpuId> on) implements Command {}

  /** Where arrived frames go. Those that arrive before wait. */
  public record Attach(ActorRef<Frame> gpu) implements Command {}

  /** Frames from this port's GPU. */
  public record Send(List<Frame> frames) implements Command {}

  /**
   * What other GPUs were asked is not awaited any more: where it waits still, it need not leave.
   */
  public record TakeBack(List<Frame.Dispatch> frames) implements Command {}

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

  /**
   * A frame has arrived.
   *
   * @param atNanos instant for which the wake was asked
   */
  private record Arrival(long atNanos) implements Command {}

  private enum Due implements Command {
    DEPARTURE,
    FULL_SPEED,
    TEST
  }

  /** Bytes have passed the port in so many nanoseconds, or not even then. */
  private record Passed(long bytes, long nanos, boolean test) implements Command {}

  /** Between two test patterns of a slow port. */
  private static final long TEST_NANOS = 250_000_000;

  private final GpuId id;
  private final long bytesPerSecond;
  private final Clock clock;
  private final PortPace pace;
  private final ActorRef<PortState> board;
  private final Egress egress;
  private final Ingress ingress;
  private final Map<ActorRef<Carry>, Outbox> outboxes = new LinkedHashMap<>();
  private Map<GpuId, Link> links = Map.of();
  private Set<GpuId> givenUp = Set.of();
  // Of those the ones that have sent something since.
  private final Set<GpuId> heardSince = new HashSet<>();
  private boolean waitingIsTold;
  private ActorRef<Frame> gpu;
  // Instants for which a wake was asked. Each is asked once, and only one before all others.
  private final TreeSet<Long> wakes = new TreeSet<>();
  private boolean departureAsked;
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
   * @param slowBelow part of its bandwidth below which a port counts as slow; 0 for never
   * @param board is told when the port has become slow, and when it is well again
   */
  public static Behavior<Command> create(
      GpuId id,
      GpuProfile profile,
      long windowBytes,
      int peers,
      double slowBelow,
      ActorRef<PortState> board,
      Clock clock) {
    return Behaviors.setup(
        context ->
            new PortActor(context, id, profile, windowBytes, peers, slowBelow, board, clock));
  }

  private PortActor(
      ActorContext<Command> context,
      GpuId id,
      GpuProfile profile,
      long windowBytes,
      int peers,
      double slowBelow,
      ActorRef<PortState> board,
      Clock clock) {
    super(context);
    this.id = id;
    this.bytesPerSecond = profile.nvlinkBytesPerSecond();
    this.board = board;
    this.clock = clock;
    pace = new PortPace(bytesPerSecond, slowBelow);
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
        heardSince.retainAll(on);
        egress.forget(gpu -> on.contains(gpu) && !heardSince.contains(gpu));
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
          if (links.containsKey(frame.to())
              && (!givenUp.contains(frame.to()) || heardSince.contains(frame.to()))) {
            egress.offer(frame, now);
          }
        }
        sendWhatMayLeave();
      }
      case TakeBack(List<Frame.Dispatch> frames) -> {
        egress.takeBack(frames);
        sendWhatMayLeave();
      }
      case Incoming(List<Departure> frames) -> {
        for (Departure departure : frames) {
          Frame frame = departure.frame();
          if (givenUp.contains(frame.from())) {
            heardSince.add(frame.from());
          }
          look(frame.bytes(), ingress.accept(frame, departure.passage()));
        }
        handOnWhatArrived();
      }
      case Credit(GpuId by, long bytes) -> {
        egress.credit(by, bytes);
        sendWhatMayLeave();
      }
      case Due.DEPARTURE -> {
        departureAsked = false;
        sendWhatMayLeave();
      }
      case Arrival(long atNanos) -> {
        wakes.remove(atNanos);
        handOnWhatArrived();
      }
      case Slow(double factor, Duration length) -> {
        changeBandwidth(Math.max(1, Math.round(bytesPerSecond * factor)));
        tellAt(clock.nowNanos() + length.toNanos(), Due.FULL_SPEED);
      }
      case Due.FULL_SPEED -> changeBandwidth(bytesPerSecond);
      case Due.TEST -> test();
      case Passed passed -> passed(passed);
      case Report(ActorRef<PortReport> replyTo) ->
          replyTo.tell(
              new PortReport(
                  id,
                  new PortCounters(
                      sentBytes,
                      receivedBytes,
                      sentFrames,
                      receivedFrames,
                      egress.waitedNanos(),
                      pace.isSlow())));
    }
    handOverToTrunks();
    return this;
  }

  private void changeBandwidth(long now) {
    egress.changeBandwidth(now);
    ingress.changeBandwidth(now);
  }

  /** A transfer that takes too long is noticed when it has, which may be long before its end. */
  private void look(long bytes, Lane.Passage passage) {
    long most = pace.mostNanos(bytes);
    if (!pace.isSlow() && nanos(passage) > most) {
      tellAt(passage.startNanos() + most + 1, new Passed(bytes, most + 1, false));
    }
  }

  /** How long a test pattern takes each way now; what counts is the slower of the two. */
  private void test() {
    long bytes = pace.testBytes();
    // One that takes too long is over when that is clear.
    long nanos =
        Math.min(
            Math.max(egress.nanosFor(bytes), ingress.nanosFor(bytes)), pace.mostNanos(bytes) + 1);
    tellAt(clock.nowNanos() + nanos, new Passed(bytes, nanos, true));
  }

  private static long nanos(Lane.Passage passage) {
    return passage.endNanos() - passage.startNanos();
  }

  private void passed(Passed transfer) {
    boolean changed = pace.passed(transfer.bytes(), transfer.nanos(), clock.nowNanos());
    if (changed) {
      getContext().getLog().warn("the port of {} is {}", id, pace.isSlow() ? "slow" : "well again");
      board.tell(new PortState(id, pace.isSlow()));
    }
    // Frames that passed before it was known are not tests, and begin no others.
    if (pace.isSlow() && (changed || transfer.test())) {
      tellAt(clock.nowNanos() + TEST_NANOS, Due.TEST);
    }
  }

  private void tellAt(long instantNanos, Command command) {
    ActorRef<Command> self = getContext().getSelf();
    clock.wakeAt(instantNanos, () -> self.tell(command));
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
      if (givenUp.contains(frame.to())) {
        // It may be gone again, or what it sent was late. Nobody waits for its credits.
        egress.credit(frame.to(), frame.bytes());
      }
      sentBytes += frame.bytes();
      look(frame.bytes(), departure.passage());
      sentFrames++;
      switch (links.get(frame.to())) {
        case Link.Near(ActorRef<Command> port) -> port.tell(new Incoming(List.of(departure)));
        case Link.Far(ActorRef<Carry> trunk) -> outboxes.get(trunk).frames.add(departure);
      }
      departure = egress.poll(now);
    }
    long next = egress.nextDepartureNanos();
    if (!departureAsked && next != Long.MAX_VALUE) {
      departureAsked = true;
      tellAt(next, Due.DEPARTURE);
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
    if (next != Long.MAX_VALUE && (wakes.isEmpty() || next < wakes.first())) {
      wakes.add(next);
      tellAt(next, new Arrival(next));
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
    boolean waiting = egress.waitsForCredits();
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
