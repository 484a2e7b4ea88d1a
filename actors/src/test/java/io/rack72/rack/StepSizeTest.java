package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.schedule.SchedulerLimits;
import org.junit.jupiter.api.Test;

class StepSizeTest {
  private static final ModelConfig MODEL = ModelShape.named("gpt-oss-120b").config();

  private static SchedulerLimits limits(int tokenBudget, int maxRunning) {
    return new SchedulerLimits(tokenBudget, tokenBudget, maxRunning, 10, 4096);
  }

  @Test
  void largestBudgetThatFitsIsTheOneThatIsNamed() {
    // 2^31 - 1 bytes over 4 outputs of 2,880 floats for each row.
    assertDoesNotThrow(() -> StepSize.check(MODEL, limits(46_603, 64)));
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> StepSize.check(MODEL, limits(46_604, 64)));
    assertTrue(refused.getMessage().endsWith("46603"), refused.getMessage());
  }

  @Test
  void logitsOfAllSequencesMustFit() {
    assertDoesNotThrow(() -> StepSize.check(MODEL, limits(4096, 2_669)));
    assertThrows(IllegalArgumentException.class, () -> StepSize.check(MODEL, limits(4096, 2_670)));
  }
}
