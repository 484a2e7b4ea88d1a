package io.rack72.wire;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.rack72.clock.Clock;
import io.rack72.fabric.Bundle;
import io.rack72.fabric.Carry;
import io.rack72.fabric.Departure;
import io.rack72.fabric.PortActor;
import io.rack72.fabric.PortCredit;
import io.rack72.fabric.TrunkMessage;
import io.rack72.fault.Noise;
import io.rack72.hardware.GpuId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * All that passes between the ports of this JVM and those of one other.
 *
 * <p><b>Owns</b> what waits to go there or was not acknowledged yet, and what has come of a bundle
 * so far. <b>Receives</b> frames and credits from this JVM's ports, and segments from the other
 * trunk. <b>Sends</b> segments there, and what they hold to the ports here. <b>On failure</b> of a
 * connection it sends again what was not acknowledged; a segment that cannot be read is refused,
 * counted and logged, and is not acknowledged, so it comes again. Where a bundle of many cannot be
 * read the trunk stops, and with it the node: see {@code NodeActor}.
 */
public final class TrunkActor extends AbstractBehavior<TrunkMessage> {
  /** How often a trunk looks whether something was lost, and acknowledges what came. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /**
   * Looks after which a segment is sent again that nobody has acknowledged; twice as many each time
   * that this does not help. Acknowledgements come with a look of the other side, where nothing
   * else goes there.
   */
  private static final int FIRST_PATIENCE_LOOKS = 3;

  private static final int MOST_PATIENCE_LOOKS = 24;

  /**
   * How long answers wait for each other at most. The others come within milliseconds as a rule;
   * and where one does not, whoever waits for all of them loses no more than this by it.
   */
  private static final Duration KEPT = Duration.ofMillis(100);

  private static final Flush FLUSH = new Flush();

  /** Part of the window after which its bytes are acknowledged even where nothing goes back. */
  private static final int ACKNOWLEDGED_PART = 4;

  /**
   * What is sent does not arrive as it was sent, for a time.
   *
   * @param untilNanos when it does again
   */
  public record Disturb(Noise noise, long untilNanos) implements TrunkMessage {}

  /** Tell the counters. */
  public record Report(ActorRef<TrunkStatus> replyTo) implements TrunkMessage {}

  private record LookForLost() implements TrunkMessage {}

  private record Flush() implements TrunkMessage {}

  /**
   * One end of a trunk.
   *
   * @param here number of this end's run, which the other end is created with as {@code there}
   * @param address of the other JVM
   * @param other end
   * @param ports of this JVM
   * @param windowBytes bytes under way to there that were not acknowledged
   */
  public record Ends(
      long here,
      long there,
      String address,
      ActorRef<TrunkMessage> other,
      Map<GpuId, ActorRef<PortActor.Command>> ports,
      int windowBytes) {}

  private final TimerScheduler<TrunkMessage> timers;
  private final Ends ends;
  private final Clock clock;
  private final BundleCodec codec;
  private final Bundling bundling = new Bundling();
  private final SendWindow window;
  private final BundleAssembly assembly;
  private Optional<Disturb> disturbed = Optional.empty();
  private int unacknowledgedBytes;
  private long firstUnacknowledged;
  private int looks;
  private int patienceLooks = FIRST_PATIENCE_LOOKS;
  // The first segment of those that were sent again since the other side had missed it.
  private long missed;
  private boolean answeredWord;
  private long sentBundles;
  private long sentFrames;
  private long sentBytes;
  private long receivedBundles;
  private long receivedBytes;
  private long resentSegments;
  private long refusedSegments;

  /** A trunk between two JVMs that serve what the limits say. */
  public static Behavior<TrunkMessage> create(Ends ends, WireLimits limits, Clock clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new TrunkActor(context, timers, ends, limits, clock)));
  }

  private TrunkActor(
      ActorContext<TrunkMessage> context,
      TimerScheduler<TrunkMessage> timers,
      Ends ends,
      WireLimits limits,
      Clock clock) {
    super(context);
    this.timers = timers;
    this.ends = ends;
    this.clock = clock;
    codec = new BundleCodec(limits);
    window = new SendWindow(ends.here(), ends.windowBytes());
    assembly = new BundleAssembly(limits.maxBundleBytes());
    timers.startTimerWithFixedDelay(new LookForLost(), LOOK);
  }

  @Override
  public Receive<TrunkMessage> createReceive() {
    return newReceiveBuilder()
        .onMessage(Carry.class, carry -> sent(bundling.carry(carry)))
        .onMessage(Segment.class, this::onSegment)
        .onMessage(Flush.class, _ -> sent(bundling.flushed()))
        .onMessage(LookForLost.class, _ -> sendAgain())
        .onMessage(Report.class, this::report)
        .onMessage(Disturb.class, this::disturb)
        .build();
  }

  private Behavior<TrunkMessage> sent(Optional<Bundle> due) {
    due.ifPresent(
        bundle -> {
          byte[] encoded = codec.encode(bundle);
          sentBundles++;
          sentFrames += bundle.frames().size();
          sentBytes += encoded.length;
          window.offer(encoded);
        });
    send(window.poll(assembly.received()));
    if (bundling.keepsFrames() && !timers.isTimerActive(FLUSH)) {
      timers.startSingleTimer(FLUSH, KEPT);
    }
    return this;
  }

  private void send(List<Segment> segments) {
    for (Segment segment : segments) {
      transmit(segment);
      unacknowledgedBytes = 0;
    }
  }

  private void transmit(Segment segment) {
    long now = clock.nowNanos();
    disturbed = disturbed.filter(disturb -> disturb.untilNanos() > now);
    if (disturbed.isEmpty()) {
      ends.other().tell(segment);
      return;
    }
    for (long delayNanos : disturbed.get().noise().next()) {
      clock.wakeAt(now + delayNanos, () -> ends.other().tell(segment));
    }
  }

  private Behavior<TrunkMessage> disturb(Disturb disturb) {
    disturbed = Optional.of(disturb);
    return this;
  }

  private Behavior<TrunkMessage> onSegment(Segment segment) {
    if (segment.epochOfTrunk() != ends.there()) {
      refuse("it is of run %x, not %x".formatted(segment.epochOfTrunk(), ends.there()));
      return this;
    }
    boolean news = window.acknowledged(segment.acknowledged());
    if (segment.onlyAcknowledges() && !news) {
      sendMissed();
    }
    Optional<Bundle> due = Optional.empty();
    try {
      due =
          switch (assembly.accept(segment)) {
            case BundleAssembly.Outcome.Whole(byte[] bundle) -> deliver(segment, bundle);
            case BundleAssembly.Outcome.Taken() -> Optional.empty();
            // Sent again while word of it was on its way.
            case BundleAssembly.Outcome.Repeated _ -> Optional.empty();
            case BundleAssembly.Outcome.Lost(long segments) -> {
              refusedSegments++;
              getContext()
                  .getLog()
                  .debug("{} segments from {} did not come", segments, ends.address());
              // Word of what has come is word of what has not. Mere word is answered once between
              // two looks: where both sides miss something they would answer each other for ever.
              if (!segment.onlyAcknowledges() || !answeredWord) {
                answeredWord = segment.onlyAcknowledges();
                acknowledge();
              }
              yield Optional.empty();
            }
          };
    } catch (WireFormatException e) {
      refuse(e.getMessage());
    }
    unacknowledgedBytes += segment.bytes().length;
    sent(due);
    if (unacknowledgedBytes > ends.windowBytes() / ACKNOWLEDGED_PART) {
      acknowledge();
    }
    return this;
  }

  private void acknowledge() {
    transmit(Segment.acknowledgement(ends.here(), window.lastSent(), assembly.received()));
    unacknowledgedBytes = 0;
  }

  private void refuse(String reason) {
    refusedSegments++;
    getContext().getLog().warn("a segment from {} is refused: {}", ends.address(), reason);
  }

  private Optional<Bundle> deliver(Segment last, byte[] encoded) {
    Bundle bundle;
    try {
      bundle = codec.decode(encoded, clock.nowNanos());
    } catch (WireFormatException e) {
      if (last.bytes().length < encoded.length) {
        // Its other segments will not come again.
        throw new IllegalStateException("a bundle from " + ends.address() + " is damaged", e);
      }
      assembly.takeBack();
      throw e;
    }
    receivedBundles++;
    receivedBytes += encoded.length;
    for (PortCredit credit : bundle.credits()) {
      tell(credit.port(), new PortActor.Credit(credit.by(), credit.bytes()));
    }
    Map<GpuId, List<Departure>> byPort =
        bundle.frames().stream()
            .collect(groupingBy(departure -> departure.frame().to(), TreeMap::new, toList()));
    byPort.forEach((port, frames) -> tell(port, new PortActor.Incoming(frames)));
    return bundling.arrived(bundle);
  }

  private void tell(GpuId port, PortActor.Command command) {
    ActorRef<PortActor.Command> here = ends.ports().get(port);
    if (here == null) {
      refuse("it is for " + port + ", which is not in this JVM");
      return;
    }
    here.tell(command);
  }

  /**
   * Sends again what the other side has missed: it would not have said the same again, had it not
   * got something later. Once for each, since it says so for all that comes later.
   */
  private void sendMissed() {
    long first = window.firstUnacknowledged();
    if (first > 0 && first != missed) {
      missed = first;
      resend();
    }
  }

  private void resend() {
    List<Segment> waiting = window.unacknowledged();
    resentSegments += waiting.size();
    send(waiting);
  }

  /** A segment that nobody has acknowledged for long is sent again, with all after it. */
  private Behavior<TrunkMessage> sendAgain() {
    answeredWord = false;
    long first = window.firstUnacknowledged();
    if (first == 0 || first != firstUnacknowledged) {
      firstUnacknowledged = first;
      looks = 0;
      patienceLooks = FIRST_PATIENCE_LOOKS;
    } else if (++looks >= patienceLooks) {
      looks = 0;
      patienceLooks = Math.min(2 * patienceLooks, MOST_PATIENCE_LOOKS);
      resend();
    }
    if (unacknowledgedBytes > 0) {
      acknowledge();
    }
    return this;
  }

  private Behavior<TrunkMessage> report(Report report) {
    report
        .replyTo()
        .tell(
            new TrunkStatus(
                ends.address(),
                sentBundles,
                sentFrames,
                sentBytes,
                receivedBundles,
                receivedBytes,
                resentSegments,
                refusedSegments));
    return this;
  }
}
