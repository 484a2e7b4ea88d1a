package io.rack72.fabric;

import io.rack72.link.Lane;
import java.util.PriorityQueue;
import java.util.Queue;

/**
 * The receiving side of a port: frames that are on their way, in the order in which they will be
 * whole. A frame flows in while it flows out of its sender, behind whatever else flows into this
 * port; it has arrived when its last byte has passed both ports and travelled the latency. One that
 * flows out slowly keeps those of other senders no longer than its bytes take here. Nobody may rely
 * on the order: what is asked is answered by step and layer. A pure class; not thread-safe.
 */
final class Ingress {
  private final Lane lane;
  private final long latencyNanos;
  private final Queue<Arrival> onTheirWay = new PriorityQueue<>();
  private long accepted;

  /** A frame and when it can be used; of those of one instant the first that came. */
  private record Arrival(Frame frame, long atNanos, long number) implements Comparable<Arrival> {
    @Override
    public int compareTo(Arrival other) {
      int first = Long.compare(atNanos, other.atNanos);
      return first != 0 ? first : Long.compare(number, other.number);
    }
  }

  Ingress(Lane lane, long latencyNanos) {
    this.lane = lane;
    this.latencyNanos = latencyNanos;
  }

  /** How long bytes take from the first to the last. */
  long nanosFor(long bytes) {
    return lane.nanosFor(bytes);
  }

  /** What is sent from now on takes another time. */
  void changeBandwidth(long bytesPerSecond) {
    lane.changeBandwidth(bytesPerSecond);
  }

  /**
   * A frame that leaves its sender in the given passage.
   *
   * @return its passage in this port
   */
  Lane.Passage accept(Frame frame, Lane.Passage departure) {
    Lane.Passage passage = lane.pass(departure.startNanos(), frame.bytes());
    long whole = Math.max(departure.endNanos(), passage.endNanos());
    onTheirWay.add(new Arrival(frame, whole + latencyNanos, accepted++));
    return passage;
  }

  /** The next frame that has arrived by now, or null. */
  Frame poll(long nowNanos) {
    Arrival next = onTheirWay.peek();
    if (next == null || next.atNanos() > nowNanos) {
      return null;
    }
    return onTheirWay.remove().frame();
  }

  /** When the next frame arrives, or {@link Long#MAX_VALUE} where none is on its way. */
  long nextArrivalNanos() {
    return onTheirWay.isEmpty() ? Long.MAX_VALUE : onTheirWay.peek().atNanos();
  }
}
