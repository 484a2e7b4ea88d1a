package io.rack72.placement;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.hardware.GpuProfile;
import io.rack72.hardware.RackProfile;
import org.junit.jupiter.api.Test;

class HbmBudgetTest {
  private static final ExpertPlacement PLACEMENT = new ExpertPlacement(1, 4, 4, 1, 6);

  private static HbmBudget budget(long hbmBytes) {
    RackProfile rack = new RackProfile("test", 2, 2, new GpuProfile(hbmBytes, 1, 0));
    return new HbmBudget(rack, Placement.first(PLACEMENT, 3), 1_000, 10);
  }

  @Test
  void weightsAreSharedPartAndOwnSlots() {
    HbmBudget budget = budget(5_000);
    assertEquals(1_020, budget.weightBytes(new GpuId(0)));
    assertEquals(1_010, budget.weightBytes(new GpuId(2)));
    assertEquals(10, budget.weightBytes(new GpuId(3)), "takes no sequences, holds no attention");
    assertEquals(3_980, budget.kvRoomBytes());
  }

  @Test
  void fitsToTheByte() {
    assertDoesNotThrow(() -> budget(1_520).check(500));
    HbmBudget.DoesNotFitException refused =
        assertThrows(HbmBudget.DoesNotFitException.class, () -> budget(1_519).check(500));
    assertTrue(refused.getMessage().contains("gpu-0"), refused.getMessage());
    assertTrue(refused.getMessage().endsWith("1 are missing"), refused.getMessage());
  }
}
