package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LinkTrafficTest {
  private static void assertSums(LinkTraffic traffic, int gpus, double left) {
    double[][] between = traffic.between();
    double most = 0;
    double all = 0;
    for (int gpu = 0; gpu < gpus; gpu++) {
      int column = gpu;
      double sent = Arrays.stream(between[gpu]).sum();
      double received = Arrays.stream(between).mapToDouble(row -> row[column]).sum();
      assertEquals(0, between[gpu][gpu], "a GPU sends nothing to itself");
      assertEquals(traffic.sent(gpu), sent, 1e-9 * left);
      assertEquals(traffic.received(gpu), received, 1e-9 * left);
      most = Math.max(most, Math.max(sent, received));
      all += sent;
    }
    assertEquals(left, all, 1e-9 * left);
    assertEquals(most, traffic.busiest(), 1e-9 * left);
  }

  @Test
  void rowsAndColumnsOfTheMatrixAreWhatEachGpuSentAndReceived() {
    Random random = new Random(1);
    LinkTraffic traffic = new LinkTraffic(24, 1);
    double left = 0;
    for (int step = 0; step < 100; step++) {
      int first = 8 * random.nextInt(3);
      double[] parts = random.doubles(8).map(each -> each < 0.5 ? 0 : each).toArray();
      double sum = Arrays.stream(parts).sum();
      double[] normed = Arrays.stream(parts).map(each -> each / sum).toArray();
      double[] there = random.doubles(8, 0, 1e6).toArray();
      double[] back = random.doubles(8, 0, 1e6).toArray();
      left += traffic.exchange(member -> first + member, normed, there, back);
    }
    assertSums(traffic, 24, left);
    assertEquals(0, traffic.between()[0][8], "groups do not exchange");
  }

  @Test
  void oneSenderSendsToOwnersWhatTheyGetAndGetsBackWhatTheyAnswer() {
    LinkTraffic traffic = new LinkTraffic(4, 1);
    double[] there = {5, 10, 20, 0};
    double[] back = {7, 11, 21, 0};
    // The sender has no experts; another has nothing to send.
    double left = traffic.exchange(member -> 3 - member, new double[] {0, 0, 0, 1}, there, back);
    assertEquals(35 + 39, left);
    assertEquals(10, traffic.between()[0][2]);
    assertEquals(11, traffic.between()[2][0]);
    assertEquals(0, traffic.between()[1][2]);
    assertSums(traffic, 4, left);
  }

  @Test
  void sumsStayWithinAReplicaWhereEachSendsEachAsMuch() {
    LinkTraffic traffic = new LinkTraffic(12, 4);
    traffic.within(1, 1200);
    traffic.within(2, 120);
    assertSums(traffic, 12, 1320);
    for (int from = 4; from < 8; from++) {
      for (int to = 0; to < 12; to++) {
        double expected = to >= 4 && to < 8 && to != from ? 100 : 0;
        assertEquals(expected, traffic.between()[from][to], 1e-9);
      }
    }
  }

  @Test
  void largeRacksHaveNoMatrixButAllSums() {
    LinkTraffic traffic = new LinkTraffic(289, 1);
    double[] even = IntStream.range(0, 289).mapToDouble(_ -> 1.0 / 289).toArray();
    double[] bytes = IntStream.range(0, 289).mapToDouble(_ -> 289.0).toArray();
    assertEquals(2 * 289 * 288.0, traffic.exchange(gpu -> gpu, even, bytes, bytes), 1e-3);
    assertEquals(0, traffic.between().length);
    assertEquals(2 * 288.0, traffic.busiest(), 1e-6);
  }
}
