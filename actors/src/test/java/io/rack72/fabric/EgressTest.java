package io.rack72.fabric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.schedule.Urgency;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits to leave a port with two peers, and a window of 100 bytes. */
class EgressTest {
  private static final GpuId FIRST = new GpuId(1);
  private static final GpuId SECOND = new GpuId(2);

  private final Egress egress = new Egress(new Lane(1_000_000_000L), 100, 2);

  private static Frame.Dispatch dispatch(GpuId to, long step) {
    return new Frame.Dispatch(
        new GpuId(0), to, 1, step, 0, null, new int[1], new int[1], Urgency.DECODES, 100);
  }

  private static Frame answer(GpuId to, long step) {
    return new Frame.Combine(new GpuId(0), to, 1, step, 0, null, 100);
  }

  @Test
  void stepThatBeginsAnewTakesThePlaceOfWhatItAskedBefore() {
    egress.offer(dispatch(FIRST, 1), 0);
    assertNotNull(egress.poll(0));
    for (long step = 2; step < 10; step++) {
      egress.offer(dispatch(FIRST, step), 0);
      egress.offer(dispatch(SECOND, step), 0);
      egress.offer(answer(FIRST, step), 0);
      egress.offer(answer(SECOND, step), 0);
    }
    for (Frame frame :
        new Frame[] {
          dispatch(FIRST, 9), dispatch(SECOND, 9), answer(FIRST, 9), answer(SECOND, 9)
        }) {
      assertNull(egress.poll(0), "the window is full");
      egress.credit(FIRST, 100);
      egress.credit(SECOND, 100);
      Frame left = egress.poll(0).frame();
      assertEquals(frame.to(), left.to());
      assertEquals(frame.getClass(), left.getClass());
      assertEquals(9, left.step());
    }
    assertFalse(egress.waitsForCredits());
  }

  @Test
  void whatASlowPortHasNotSentYetCanStillBeGivenUp() {
    Egress slow = new Egress(new Lane(1_000_000), 10_000, 2);
    slow.offer(dispatch(FIRST, 1), 0);
    slow.offer(dispatch(SECOND, 1), 0);
    assertEquals(FIRST, slow.poll(0).frame().to());
    assertNull(slow.poll(0), "the lane is not free for 100 us");
    assertFalse(slow.waitsForCredits());
    assertEquals(50_000, slow.nextDepartureNanos());
    slow.offer(dispatch(SECOND, 2), 40_000);
    assertNull(slow.poll(49_999));
    Departure next = slow.poll(50_000);
    assertEquals(2, next.frame().step());
    assertEquals(new Lane.Passage(100_000, 200_000), next.passage());
  }

  @Test
  void whatIsTakenBackDoesNotLeave() {
    Frame.Dispatch first = dispatch(FIRST, 1);
    Frame.Dispatch second = dispatch(SECOND, 1);
    Egress slow = new Egress(new Lane(1_000_000), 10_000, 2);
    slow.offer(first, 0);
    slow.offer(second, 0);
    slow.offer(answer(SECOND, 1), 0);
    assertEquals(first, slow.poll(0).frame());
    slow.takeBack(List.of(first, second));
    assertEquals(answer(SECOND, 1), slow.poll(100_000).frame());
  }

  @Test
  void wakeThatComesLateCostsNoBandwidth() {
    Egress slow = new Egress(new Lane(1_000_000), 10_000, 2);
    slow.offer(dispatch(FIRST, 1), 0);
    slow.offer(dispatch(SECOND, 1), 0);
    assertNotNull(slow.poll(0));
    assertNull(slow.poll(0));
    assertEquals(new Lane.Passage(100_000, 200_000), slow.poll(130_000).passage());
    assertNull(slow.poll(130_000));
    assertEquals(Long.MAX_VALUE, slow.nextDepartureNanos());
    // Nothing leaves before it is there.
    slow.offer(dispatch(FIRST, 2), 900_000);
    assertEquals(new Lane.Passage(900_000, 1_000_000), slow.poll(900_000).passage());
  }

  @Test
  void senderThatHasLostCountIsRefused() {
    for (GpuId to : new GpuId[] {FIRST, SECOND}) {
      egress.offer(dispatch(to, 1), 0);
      egress.offer(answer(to, 1), 0);
    }
    assertThrows(IllegalStateException.class, () -> egress.offer(dispatch(FIRST, 1), 0));
  }

  @Test
  void whatIsUnderWayToAPeerThatIsGoneFreesTheWindow() {
    egress.offer(dispatch(FIRST, 1), 0);
    egress.offer(dispatch(SECOND, 1), 0);
    egress.offer(answer(FIRST, 1), 0);
    assertNotNull(egress.poll(0));
    assertNull(egress.poll(0));
    egress.forget(FIRST::equals);
    assertEquals(SECOND, egress.poll(0).frame().to());
    assertFalse(egress.waitsForCredits(), "the answer has nobody to go to");
    // A credit that comes late is not counted twice.
    egress.credit(FIRST, 100);
    egress.offer(answer(SECOND, 1), 0);
    assertNull(egress.poll(0));
  }
}
