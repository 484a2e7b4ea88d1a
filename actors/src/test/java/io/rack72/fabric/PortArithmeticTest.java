package io.rack72.fabric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import org.junit.jupiter.api.Test;

class PortArithmeticTest {
  private static Frame frame(int from, int to, long bytes) {
    return new Frame.Combine(new GpuId(from), new GpuId(to), 1, 1, 0, null, bytes);
  }

  @Test
  void uncontendedFrameArrivesAfterItsBytesAndTheLatency() {
    Egress egress = new Egress(new Lane(1_000_000_000), 10_000, 3);
    Ingress ingress = new Ingress(new Lane(1_000_000_000), 300);
    egress.offer(frame(0, 1, 1_000), 50);
    Departure departure = egress.poll(50);
    ingress.accept(departure.frame(), departure.passage());
    assertEquals(50 + 1_000 + 300, ingress.nextArrivalNanos());
  }

  @Test
  void framesFromManySendersShareTheReceiversBandwidth() {
    Ingress ingress = new Ingress(new Lane(1_000_000_000), 300);
    for (int sender = 1; sender <= 8; sender++) {
      Egress egress = new Egress(new Lane(1_000_000_000), 10_000, 3);
      egress.offer(frame(sender, 0, 1_000), 0);
      Departure departure = egress.poll(0);
      ingress.accept(departure.frame(), departure.passage());
    }
    for (int sender = 1; sender <= 8; sender++) {
      assertEquals(sender * 1_000L + 300, ingress.nextArrivalNanos());
      ingress.poll(ingress.nextArrivalNanos());
    }
  }

  @Test
  void slowReceiverLaneHoldsAFastSendersFrame() {
    Egress egress = new Egress(new Lane(2_000_000_000), 10_000, 3);
    Ingress ingress = new Ingress(new Lane(500_000_000), 0);
    egress.offer(frame(0, 1, 1_000), 0);
    Departure departure = egress.poll(0);
    ingress.accept(departure.frame(), departure.passage());
    assertEquals(2_000, ingress.nextArrivalNanos());
  }

  @Test
  void frameThatFlowsOutSlowlyKeepsNoOthers() {
    Ingress ingress = new Ingress(new Lane(1_000_000_000), 300);
    Egress slow = new Egress(new Lane(1_000_000), 10_000, 3);
    slow.offer(frame(1, 0, 1_000), 0);
    Departure first = slow.poll(0);
    ingress.accept(first.frame(), first.passage());
    Egress quick = new Egress(new Lane(1_000_000_000), 10_000, 3);
    quick.offer(frame(2, 0, 1_000), 0);
    Departure second = quick.poll(0);
    ingress.accept(second.frame(), second.passage());
    assertEquals(2_000 + 300, ingress.nextArrivalNanos());
    assertEquals(second.frame(), ingress.poll(2_300));
    assertEquals(1_000_000 + 300, ingress.nextArrivalNanos());
  }

  @Test
  void nothingIsHandedOnBeforeItsInstant() {
    Ingress ingress = new Ingress(new Lane(1_000_000_000), 0);
    ingress.accept(frame(1, 0, 10), new Lane.Passage(0, 10));
    assertEquals(10, ingress.nextArrivalNanos());
    assertNull(ingress.poll(9));
    assertNotNull(ingress.poll(10));
    assertEquals(Long.MAX_VALUE, ingress.nextArrivalNanos());
  }

  @Test
  void framesBeyondTheWindowWaitForCredit() {
    Egress egress = new Egress(new Lane(1_000_000_000), 1_000, 3);
    egress.offer(frame(0, 1, 600), 0);
    egress.offer(frame(0, 2, 600), 0);
    assertNotNull(egress.poll(0));
    assertNull(egress.poll(0), "1,200 bytes under way exceed a window of 1,000");
    egress.credit(new GpuId(1), 600);
    Departure second = egress.poll(700);
    assertEquals(700, second.passage().startNanos());
    assertEquals(700, egress.waitedNanos());
  }

  @Test
  void frameLargerThanTheWindowGoesAlone() {
    Egress egress = new Egress(new Lane(1_000_000_000), 100, 3);
    egress.offer(frame(0, 1, 50), 0);
    egress.offer(frame(0, 1, 5_000), 0);
    assertNotNull(egress.poll(0));
    assertNull(egress.poll(0));
    egress.credit(new GpuId(1), 50);
    assertNotNull(egress.poll(0));
  }

  @Test
  void whatIsUnderWayToAPeerThatIsGoneHoldsNobodyUp() {
    Egress egress = new Egress(new Lane(1_000_000_000), 1_000, 3);
    egress.offer(frame(0, 1, 600), 0);
    egress.offer(frame(0, 1, 700), 0);
    egress.offer(frame(0, 2, 600), 0);
    assertNotNull(egress.poll(0));
    assertNull(egress.poll(0));
    egress.forget(new GpuId(1)::equals);
    assertEquals(2, egress.poll(0).frame().to().index());
    egress.credit(new GpuId(1), 600);
    egress.offer(frame(0, 2, 600), 0);
    assertNull(egress.poll(0), "a late credit of the lost peer gives no room");
  }

  @Test
  void senderThatHasLostCountIsRefused() {
    Egress egress = new Egress(new Lane(1), 1, 3);
    for (int i = 0; i < 6; i++) {
      egress.offer(frame(0, 1, 5), 0);
    }
    assertThrows(IllegalStateException.class, () -> egress.offer(frame(0, 1, 5), 0));
  }
}
