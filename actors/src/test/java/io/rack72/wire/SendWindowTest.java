package io.rack72.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;

class SendWindowTest {
  private final SendWindow window = new SendWindow(7, 100);

  private static List<Long> numbers(List<Segment> segments) {
    return segments.stream().map(Segment::number).toList();
  }

  @Test
  void segmentsAreNumberedFromOneAndSayWhatWasReceived() {
    byte[] bundle = new byte[40];
    window.offer(bundle);
    window.offer(new byte[40]);
    List<Segment> segments = window.poll(5);
    assertEquals(List.of(1L, 2L), numbers(segments));
    assertEquals(7, segments.getFirst().epochOfTrunk());
    assertEquals(5, segments.getFirst().acknowledged());
    assertSame(bundle, segments.getFirst().bytes());
    assertEquals(2, window.lastSent());
  }

  @Test
  void noMoreGoesThanTheWindowHoldsUntilItIsAcknowledged() {
    for (int i = 0; i < 4; i++) {
      window.offer(new byte[50]);
    }
    assertEquals(List.of(1L, 2L), numbers(window.poll(0)));
    assertEquals(List.of(), window.poll(0));
    assertEquals(2, window.lastSent());
    window.acknowledged(1);
    assertEquals(List.of(3L), numbers(window.poll(0)));
    window.acknowledged(3);
    assertEquals(List.of(4L), numbers(window.poll(0)));
    assertEquals(4, window.lastSent());
  }

  @Test
  void segmentLargerThanTheWindowGoesAlone() {
    window.offer(new byte[30]);
    window.offer(new byte[500]);
    window.offer(new byte[30]);
    assertEquals(List.of(1L), numbers(window.poll(0)));
    window.acknowledged(1);
    assertEquals(List.of(2L), numbers(window.poll(0)));
    window.acknowledged(2);
    assertEquals(List.of(3L), numbers(window.poll(0)));
  }

  @Test
  void largeBundleGoesPieceByPiece() {
    SendWindow roomy = new SendWindow(7, 2 * Segments.SEGMENT_BYTES);
    roomy.offer(new byte[3 * Segments.SEGMENT_BYTES + 5]);
    assertEquals(List.of(1L, 2L), numbers(roomy.poll(0)));
    assertEquals(2, roomy.lastSent(), "the rest is numbered, and not sent");
    roomy.acknowledged(1);
    assertEquals(List.of(3L), numbers(roomy.poll(0)));
    roomy.acknowledged(3);
    assertEquals(List.of(4L), numbers(roomy.poll(0)));
  }

  @Test
  void whatIsNotAcknowledgedIsKeptInOrder() {
    for (int i = 0; i < 3; i++) {
      window.offer(new byte[30]);
    }
    window.poll(0);
    window.acknowledged(1);
    assertEquals(List.of(2L, 3L), numbers(window.unacknowledged()));
    window.acknowledged(1);
    assertEquals(List.of(2L, 3L), numbers(window.unacknowledged()), "told twice");
    window.acknowledged(0);
    assertEquals(List.of(2L, 3L), numbers(window.unacknowledged()), "told late");
    window.acknowledged(3);
    assertEquals(List.of(), window.unacknowledged());
  }
}
