package io.rack72.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import java.util.HashSet;
import java.util.IntSummaryStatistics;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertPlacementTest {
  @ParameterizedTest
  @CsvSource({"72,36,128", "72,24,32", "72,4,8", "8,4,128", "1,3,12", "5,36,128", "71,36,128"})
  void everyGroupOwnsEveryExpertOnceAndEvenly(int degree, int layers, int experts) {
    ExpertPlacement placement = new ExpertPlacement(1, 72, degree, layers, experts);
    int groups = 72 / degree;
    for (int group = 0; group < groups; group++) {
      Set<ExpertPlacement.Slot> seen = new HashSet<>();
      IntSummaryStatistics counts = new IntSummaryStatistics();
      for (int g = group * degree; g < (group + 1) * degree; g++) {
        var slots = placement.slotsOf(new GpuId(g));
        counts.accept(slots.size());
        slots.forEach(slot -> assertTrue(seen.add(slot), slot + " is owned twice"));
      }
      assertEquals(layers * experts, seen.size());
      assertTrue(counts.getMax() - counts.getMin() <= 1, "uneven: " + counts);
    }
  }

  @Test
  void remainderOfOneLayerIsSpread() {
    ExpertPlacement placement = new ExpertPlacement(1, 72, 72, 36, 128);
    for (int layer = 0; layer < 36; layer++) {
      int[] owned = new int[72];
      for (int expert = 0; expert < 128; expert++) {
        owned[placement.owner(new GpuId(0), layer, expert).index()]++;
      }
      assertEquals(1, IntStream.of(owned).min().orElseThrow());
      assertEquals(2, IntStream.of(owned).max().orElseThrow());
    }
  }

  @Test
  void gpusLeftOverUseTheLastGroup() {
    ExpertPlacement placement = new ExpertPlacement(1, 72, 5, 2, 8);
    assertTrue(placement.slotsOf(new GpuId(70)).isEmpty());
    assertEquals(placement.owner(new GpuId(69), 1, 3), placement.owner(new GpuId(71), 1, 3));
  }

  @Test
  void degreeBeyondTheRackIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ExpertPlacement(1, 72, 73, 4, 8));
    assertThrows(IllegalArgumentException.class, () -> new ExpertPlacement(1, 72, 0, 4, 8));
  }
}
