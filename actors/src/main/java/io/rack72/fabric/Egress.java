package io.rack72.fabric;

import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The sending side of a port: frames wait in first-in order until the bytes under way leave room
 * for the next, and the lane is about to be free. The first is how a slow receiver is felt by its
 * sender, and what bounds the memory that frames on their way can take; a frame larger than the
 * whole window goes when nothing else is under way. The second keeps what a slow port has not sent
 * yet where it can still be given up, and out of the way of what others send to its receivers.
 *
 * <p>A GPU runs one step at a time, so at most one dispatch to each peer waits here, and one answer
 * to each peer's dispatch. More would be a sender that has lost count, and is refused. A pure
 * class; not thread-safe.
 */
final class Egress {
  /**
   * For how long a frame may wait for its lane on the way to its receiver. It spares a wake for
   * each frame of a port that is quick.
   */
  private static final long AHEAD_NANOS = 50_000;

  private final Lane lane;
  private final long windowBytes;
  private final int peers;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private final Map<GpuId, Long> underwayTo = new TreeMap<>();
  private long underwayBytes;
  private long waitedNanos;
  private boolean waitsForLane;

  private record Waiting(Frame frame, long sinceNanos) {}

  Egress(Lane lane, long windowBytes, int peers) {
    this.lane = lane;
    this.windowBytes = windowBytes;
    this.peers = peers;
  }

  /** How long bytes take from the first to the last. */
  long nanosFor(long bytes) {
    return lane.nanosFor(bytes);
  }

  /** What is sent from now on takes another time. */
  void changeBandwidth(long bytesPerSecond) {
    lane.changeBandwidth(bytesPerSecond);
  }

  void offer(Frame frame, long nowNanos) {
    waiting.removeIf(before -> isGivenUpFor(before.frame(), frame));
    if (waiting.size() >= 2 * peers) {
      throw new IllegalStateException(
          "%d frames wait to leave %s, which has %d peers: none may have two dispatches under way"
              .formatted(waiting.size(), frame.from(), peers));
    }
    waiting.add(new Waiting(frame, nowNanos));
  }

  /**
   * Whoever asks anew, for a step that begins anew or for the next layer, does not wait for answers
   * to what it asked before.
   */
  private static boolean isGivenUpFor(Frame before, Frame now) {
    return before.to().equals(now.to())
        && before instanceof Frame.Dispatch == now instanceof Frame.Dispatch
        && (before.step() < now.step()
            || (before.step() == now.step() && before.layer() < now.layer()));
  }

  /** Gives up those of these frames that have not left. */
  void takeBack(Collection<? extends Frame> frames) {
    Set<Frame> unwanted = Collections.newSetFromMap(new IdentityHashMap<>());
    unwanted.addAll(frames);
    waiting.removeIf(next -> unwanted.contains(next.frame()));
  }

  /** Bytes of frames have arrived at a peer. What is not under way to it any more is ignored. */
  void credit(GpuId by, long bytes) {
    long taken = Math.min(bytes, underwayTo.getOrDefault(by, 0L));
    underwayTo.merge(by, -taken, Long::sum);
    underwayBytes -= taken;
  }

  /** Gives up all that waits for peers that are gone or is under way to them. */
  void forget(Predicate<GpuId> gone) {
    waiting.removeIf(next -> gone.test(next.frame().to()));
    underwayTo.forEach((peer, bytes) -> underwayBytes -= gone.test(peer) ? bytes : 0);
    underwayTo.keySet().removeIf(gone);
  }

  /** Whether frames wait for credits. */
  boolean waitsForCredits() {
    return !waiting.isEmpty() && !waitsForLane;
  }

  /** When the next frame may leave, or {@link Long#MAX_VALUE} where none waits for the lane. */
  long nextDepartureNanos() {
    return waitsForLane ? lane.freeNanos() - AHEAD_NANOS : Long.MAX_VALUE;
  }

  /** The next frame that may leave now, or null. */
  Departure poll(long nowNanos) {
    Waiting next = waiting.peek();
    if (next == null) {
      waitsForLane = false;
      return null;
    }
    long bytes = next.frame().bytes();
    if (underwayBytes > 0 && underwayBytes + bytes > windowBytes) {
      waitsForLane = false;
      return null;
    }
    // Whoever waited for the lane alone loses nothing if the wake comes late.
    long earliest = waitsForLane ? Math.max(next.sinceNanos(), lane.freeNanos()) : nowNanos;
    if (lane.freeNanos() > nowNanos + AHEAD_NANOS) {
      waitsForLane = true;
      return null;
    }
    waiting.remove();
    underwayBytes += bytes;
    underwayTo.merge(next.frame().to(), bytes, Long::sum);
    Lane.Passage passage = lane.pass(earliest, bytes);
    waitedNanos += passage.startNanos() - next.sinceNanos();
    return new Departure(next.frame(), passage);
  }

  long waitedNanos() {
    return waitedNanos;
  }
}
