package io.rack72.fabric;

import io.rack72.link.Lane;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The receiving side of a port: frames that are on their way, in the order in which they will be
 * whole. A frame flows in while it flows out of its sender, behind whatever else flows into this
 * port; it has arrived when its last byte has passed both ports and travelled the latency. A pure
 * class; not thread-safe.
 */
final class Ingress {
  private final Lane lane;
  private final long latencyNanos;
  private final Queue<Arrival> onTheirWay = new ArrayDeque<>();
  private long lastArrivalNanos;

  /** A frame and when it can be used. */
  record Arrival(Frame frame, long atNanos) {}

  Ingress(Lane lane, long latencyNanos) {
    this.lane = lane;
    this.latencyNanos = latencyNanos;
  }

  /** What is sent from now on takes another time. */
  void changeBandwidth(long bytesPerSecond) {
    lane.changeBandwidth(bytesPerSecond);
  }

  /** A frame that leaves its sender in the given passage. Tells when it will have arrived. */
  long accept(Frame frame, Lane.Passage departure) {
    Lane.Passage passage = lane.pass(departure.startNanos(), frame.bytes());
    long whole = Math.max(departure.endNanos(), passage.endNanos());
    // Frames are handed on in the order in which they came, so none arrives before an earlier one.
    lastArrivalNanos = Math.max(lastArrivalNanos, whole + latencyNanos);
    onTheirWay.add(new Arrival(frame, lastArrivalNanos));
    return lastArrivalNanos;
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
