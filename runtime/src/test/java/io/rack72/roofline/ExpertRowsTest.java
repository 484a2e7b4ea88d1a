package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpertRowsTest {
  @Test
  void tilesArePaddedForEachExpert() {
    ExpertRows rows = ExpertRows.of(0, 1, 64, 65);
    assertEquals(3, rows.touched());
    assertEquals(4, rows.experts());
    assertEquals(130, rows.sum());
    assertEquals(1 + 1 + 2, rows.tiles(64));
    assertEquals(1 + 8 + 9, rows.tiles(8));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 4, 4", "32, 1, 128, 128", "1024, 1, 128, 4096", "1024, 8, 16, 512"})
  void balancedChoicesAreSpreadEvenly(int tokens, int ranks, double touched, double sum) {
    ExpertRows rows = ExpertRows.balanced(tokens, 4, 128, ranks);
    assertEquals(touched, rows.touched());
    assertEquals(sum, rows.sum(), 1e-9);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 1.01, 1.2, 2})
  void loadsOfAPowerLawAddUpAndNoExpertGetsATokenTwice(double exponent) {
    for (int tokens : new int[] {1, 16, 33, 512, 4096}) {
      double[] loads = PowerLaw.loads(tokens, 4, 128, exponent, 7);
      assertTrue(Arrays.stream(loads).max().orElseThrow() <= tokens);
      assertEquals(4.0 * tokens, Arrays.stream(loads).sum(), 1e-9);
    }
  }

  @Test
  void steeperPowerLawsHaveBusierRanks() {
    double even = ExpertRows.balanced(4096, 4, 128, 8).sum();
    double mild = ExpertRows.powerLaw(4096, 4, 128, 8, 0.5).sum();
    double steep = ExpertRows.powerLaw(4096, 4, 128, 8, 1.2).sum();
    assertTrue(even < mild && mild < steep, () -> even + ", " + mild + ", " + steep);
    assertTrue(steep < 4 * 4096, () -> "more than all: " + steep);
    assertEquals(steep, ExpertRows.powerLaw(4096, 4, 128, 8, 1.2).sum());
  }

  @Test
  void expectedLoadsTouchAsManyAsChanceDoes() {
    double[] means = new double[128];
    Arrays.fill(means, 0.5);
    ExpertRows rows = ExpertRows.expected(means, 16);
    assertEquals(128 * (1 - Math.pow(1 - 0.5 / 16, 16)), rows.touched(), 1e-9);
    assertTrue(rows.mean() >= 1);
    assertEquals(64, rows.sum(), 1e-9);
  }

  @Test
  void zipfRoutingSpreadsEvenlyWithoutSkewAndOnOneGpuHasAllRows() {
    ExpertRows all = ExpertRouting.zipf(1).busiest(1000, 4, 128, 1, 128);
    assertTrue(all.sum() > 3000 && all.sum() <= 4000, () -> "rows: " + all.sum());
    ExpertRows even = ExpertRouting.zipf(0).busiest(1_000_000, 4, 128, 8, 16);
    assertEquals(500_000, even.sum(), 5000);
  }

  @Test
  void expertsWithoutASlotAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> ExpertRouting.zipf(1).busiest(64, 4, 128, 8, 15));
  }
}
