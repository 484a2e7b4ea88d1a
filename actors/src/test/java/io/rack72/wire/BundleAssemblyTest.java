package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.wire.BundleAssembly.Outcome;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BundleAssemblyTest {
  private static final int LIMIT = 8 << 20;

  private final BundleAssembly assembly = new BundleAssembly(LIMIT);

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(length).nextBytes(bytes);
    return bytes;
  }

  private static Segment piece(long number, int bundleBytes, int offset, int length) {
    return new Segment(1, number, 0, bundleBytes, offset, new byte[length]);
  }

  private void assertRefused(Segment segment, String sentence) {
    long received = assembly.received();
    WireFormatException e = assertThrows(WireFormatException.class, () -> assembly.accept(segment));
    assertEquals(sentence, e.getMessage());
    assertEquals(received, assembly.received());
  }

  @Test
  void bundlesOfAnySizeAreWholeAgain() {
    long number = 1;
    int mib = Segments.SEGMENT_BYTES;
    for (int length : new int[] {1, 5, mib - 1, mib, mib + 1, 2 * mib, 3 * mib + 7, LIMIT, 3}) {
      byte[] bundle = bytes(length);
      List<Segment> segments = Segments.cut(bundle, 9, number, 4);
      assertEquals((length + mib - 1) / mib, segments.size());
      for (Segment segment : segments.subList(0, segments.size() - 1)) {
        assertInstanceOf(Outcome.Taken.class, assembly.accept(segment));
      }
      Outcome.Whole whole =
          assertInstanceOf(Outcome.Whole.class, assembly.accept(segments.getLast()));
      assertArrayEquals(bundle, whole.bundle());
      number += segments.size();
      assertEquals(number - 1, assembly.received());
    }
  }

  @Test
  void aBundleOfOneSegmentIsNotCopied() {
    byte[] bundle = bytes(100);
    Segment only = Segments.cut(bundle, 1, 1, 0).getFirst();
    assertSame(bundle, ((Outcome.Whole) assembly.accept(only)).bundle());
  }

  @Test
  void lostSegmentsAreCountedAndMayStillCome() {
    assembly.accept(piece(1, 30, 0, 10));
    assertEquals(new Outcome.Lost(2), assembly.accept(piece(4, 30, 10, 10)));
    assertEquals(1, assembly.received());
    assembly.accept(piece(2, 30, 10, 10));
    assertInstanceOf(Outcome.Whole.class, assembly.accept(piece(3, 30, 20, 10)));
  }

  @Test
  void repeatedSegmentsAreIgnored() {
    assembly.accept(piece(1, 30, 0, 10));
    assertEquals(new Outcome.Repeated(1), assembly.accept(piece(1, 30, 0, 10)));
    assertInstanceOf(Outcome.Whole.class, assembly.accept(piece(2, 30, 10, 20)));
  }

  @Test
  void acknowledgementsShowWhatWasLostAndCountForNothing() {
    assertInstanceOf(Outcome.Taken.class, assembly.accept(Segment.acknowledgement(1, 0, 7)));
    assembly.accept(piece(1, 30, 0, 10));
    assertInstanceOf(Outcome.Taken.class, assembly.accept(Segment.acknowledgement(1, 1, 7)));
    assertEquals(new Outcome.Lost(3), assembly.accept(Segment.acknowledgement(1, 4, 7)));
    assertInstanceOf(Outcome.Whole.class, assembly.accept(piece(2, 30, 10, 20)));
  }

  @Test
  void aPieceThatDoesNotBelongWhereItSaysIsRefusedAndChangesNothing() {
    assertRefused(piece(1, 30, 10, 10), "the offset of segment 1 is 0, not 10");
    assembly.accept(piece(1, 30, 0, 10));
    assertRefused(piece(2, 30, 20, 10), "the offset of segment 2 is 10, not 20");
    assertRefused(piece(2, 31, 10, 10), "the bundle's size of segment 2 is still 30, not 31");
    assertRefused(piece(2, 10, 0, 10), "the bundle's size of segment 2 is still 30, not 10");
    assertInstanceOf(Outcome.Whole.class, assembly.accept(piece(2, 30, 10, 20)));
  }

  @Test
  void aClaimBeyondTheLimitIsRefusedBeforeMemoryIsTaken() {
    Segment hostile = piece(1, Integer.MAX_VALUE, 0, 10);
    long allocated =
        Fuzz.allocatedBytes(
            () ->
                assertRefused(
                    hostile, "the bundle's size of segment 1 is at most 8388608, not 2147483647"));
    assertTrue(allocated < 1 << 20, allocated + " bytes");
  }

  @Test
  void aClaimWithinTheLimitTakesNoMemoryBeforeItsBytesCome() {
    long allocated = Fuzz.allocatedBytes(() -> assembly.accept(piece(1, 8 << 20, 0, 10)));
    assertTrue(allocated < 1 << 20, allocated + " bytes");
  }

  @Test
  void whatIsNoSegmentCannotBeMade() {
    assertThrows(IllegalArgumentException.class, () -> piece(0, 10, 0, 10));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 10, 1, 10));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 10, 0, 11));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 10, -1, 5));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 10, Integer.MAX_VALUE, 5));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 10, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> piece(1, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> piece(1, -1, 0, 0));
    int tooLong = Segments.SEGMENT_BYTES + 1;
    assertThrows(IllegalArgumentException.class, () -> piece(1, tooLong, 0, tooLong));
    assertThrows(IllegalArgumentException.class, () -> Segment.acknowledgement(1, -1, 0));
    assertThrows(IllegalArgumentException.class, () -> Segment.acknowledgement(1, 0, -1));
    assertThrows(IllegalArgumentException.class, () -> Segments.cut(new byte[0], 1, 1, 0));
  }
}
