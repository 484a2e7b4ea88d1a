package io.rack72.wire;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * The sending end of one direction between two trunks: numbers segments, lets go as many as the
 * other side may not have acknowledged yet, and keeps those until it has, so that nothing is lost
 * where a connection breaks. A segment larger than the window goes when nothing else is under way.
 *
 * <p>What waits here is bounded by the windows of the ports, whose frames it is. A pure class; not
 * thread-safe.
 */
final class SendWindow {
  private final long trunk;
  private final int windowBytes;
  private final Queue<byte[]> bundles = new ArrayDeque<>();
  private final Queue<Segment> cut = new ArrayDeque<>();
  private final Queue<Segment> underway = new ArrayDeque<>();
  private long underwayBytes;
  private long numbered;

  /**
   * @param trunk that sends
   */
  SendWindow(long trunk, int windowBytes) {
    this.trunk = trunk;
    this.windowBytes = windowBytes;
  }

  /** An encoded bundle is to be sent. */
  void offer(byte[] bundle) {
    bundles.add(bundle);
  }

  /**
   * The segments that may go now.
   *
   * @param received what is acknowledged with them
   */
  List<Segment> poll(long received) {
    List<Segment> due = new ArrayList<>();
    while (cut.peek() != null || bundles.peek() != null) {
      if (cut.isEmpty()) {
        List<Segment> next = Segments.cut(bundles.remove(), trunk, numbered + 1, received);
        numbered += next.size();
        cut.addAll(next);
      }
      int bytes = cut.peek().bytes().length;
      if (underwayBytes > 0 && underwayBytes + bytes > windowBytes) {
        break;
      }
      Segment segment = cut.remove();
      underway.add(segment);
      underwayBytes += bytes;
      due.add(segment);
    }
    return due;
  }

  /**
   * The other side has all segments up to this number.
   *
   * @return whether that was not known
   */
  boolean acknowledged(long number) {
    boolean news = false;
    while (!underway.isEmpty() && underway.peek().number() <= number) {
      underwayBytes -= underway.remove().bytes().length;
      news = true;
    }
    return news;
  }

  /** Number of the first segment that was sent and not acknowledged; 0 where there is none. */
  long firstUnacknowledged() {
    return underway.isEmpty() ? 0 : underway.peek().number();
  }

  /** All that was sent and not acknowledged, in order. */
  List<Segment> unacknowledged() {
    return List.copyOf(underway);
  }

  /** Number of the last segment sent; 0 before the first. */
  long lastSent() {
    return cut.isEmpty() ? numbered : cut.peek().number() - 1;
  }
}
