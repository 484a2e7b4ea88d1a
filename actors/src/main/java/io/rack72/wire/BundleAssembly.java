package io.rack72.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The receiving end of one direction between two trunks: puts segments together to encoded bundles,
 * and finds out which segments are missing. What it refuses changes nothing, so that it goes on
 * with the right segment if that comes later. It holds what has come of one bundle, and twice that
 * while it puts it together. A pure class; not thread-safe.
 *
 * <p>Which trunk a segment is of is for the caller to check: each has an assembly of its own.
 */
public final class BundleAssembly {
  /** What became of a segment. */
  public sealed interface Outcome {
    /** It was the last of a bundle. */
    record Whole(byte[] bundle) implements Outcome {}

    /** It was taken; its bundle is not whole, or it only acknowledges. */
    record Taken() implements Outcome {}

    /** It came before, and is ignored. */
    record Repeated(long number) implements Outcome {}

    /** Segments before it did not come; it is not taken either. */
    record Lost(long segments) implements Outcome {}
  }

  private static final Outcome TAKEN = new Outcome.Taken();

  private final int maxBundleBytes;
  private long received;
  // Segments of the bundle under way. Its bytes are put together when all are there, since what a
  // segment says of the whole is not to be believed before.
  private final List<byte[]> pieces = new ArrayList<>();
  private int bundleBytes;
  private int filled;

  /**
   * @param maxBundleBytes of one encoded bundle; a segment of a larger one is refused before
   *     anything is allocated for it
   */
  public BundleAssembly(int maxBundleBytes) {
    if (maxBundleBytes < 1) {
      throw new IllegalArgumentException("maxBundleBytes is 1 or more, not " + maxBundleBytes);
    }
    this.maxBundleBytes = maxBundleBytes;
  }

  /**
   * Takes the next segment. Its bytes are handed over: they may become the bundle.
   *
   * @throws WireFormatException if it is the next and does not belong where it says
   */
  public Outcome accept(Segment segment) {
    long expected = segment.onlyAcknowledges() ? received : received + 1;
    if (segment.number() > expected) {
      return new Outcome.Lost(segment.number() - expected);
    }
    if (segment.onlyAcknowledges()) {
      return TAKEN;
    }
    if (segment.number() < expected) {
      return new Outcome.Repeated(segment.number());
    }
    requirePlace(segment);
    received = segment.number();
    byte[] bytes = segment.bytes();
    if (bytes.length == segment.bundleBytes()) {
      return new Outcome.Whole(bytes);
    }
    bundleBytes = segment.bundleBytes();
    pieces.add(bytes);
    filled += bytes.length;
    if (filled < bundleBytes) {
      return TAKEN;
    }
    ByteBuffer whole = ByteBuffer.allocate(bundleBytes);
    pieces.forEach(whole::put);
    pieces.clear();
    filled = 0;
    return new Outcome.Whole(whole.array());
  }

  /**
   * Forgets the segment that was taken last, which was a whole bundle and could not be read, so
   * that it is not acknowledged and comes again.
   */
  public void takeBack() {
    received--;
  }

  /** The highest number taken, which is what the other side is told; 0 before the first. */
  public long received() {
    return received;
  }

  private void requirePlace(Segment segment) {
    if (segment.bundleBytes() > maxBundleBytes) {
      throw wrong(segment, "bundle's size", "at most " + maxBundleBytes, segment.bundleBytes());
    }
    if (filled > 0 && segment.bundleBytes() != bundleBytes) {
      throw wrong(segment, "bundle's size", "still " + bundleBytes, segment.bundleBytes());
    }
    if (segment.offset() != filled) {
      throw wrong(segment, "offset", String.valueOf(filled), segment.offset());
    }
  }

  private static WireFormatException wrong(Segment segment, String name, String right, int value) {
    return new WireFormatException(
        "the %s of segment %d is %s, not %d".formatted(name, segment.number(), right, value));
  }
}
