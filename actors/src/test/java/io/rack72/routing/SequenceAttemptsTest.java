package io.rack72.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where a sequence goes on. */
class SequenceAttemptsTest {
  private static final GpuId GPU = new GpuId(3);

  private final SequenceAttempts attempts = new SequenceAttempts();

  @Test
  void aGpuThatIsWellKeepsWhatItComputed() {
    attempts.placed(GPU, 1);
    attempts.againThere("a token was lost on its way");
    assertEquals(Optional.of(GPU), attempts.computedBy());
  }

  @Test
  void aGpuThatIsSilentOrLostIsNotAskedForWhatItComputed() {
    attempts.wasOn(GPU);
    attempts.placed(GPU, 1);
    attempts.again("nothing was heard of it");
    assertEquals(Optional.empty(), attempts.computedBy());
    attempts.placed(GPU, 1);
    attempts.againAfterLoss("it is gone");
    assertEquals(Optional.empty(), attempts.computedBy());
  }

  @Test
  void whoLosesGpuAfterGpuIsGivenUp() {
    for (int gpu = 0; gpu < SequenceAttempts.LOSSES; gpu++) {
      attempts.placed(new GpuId(gpu), 1);
      assertEquals(Optional.empty(), attempts.againAfterLoss("it is gone"));
    }
    // The same one, begun anew.
    attempts.placed(new GpuId(0), 2);
    assertTrue(attempts.againAfterLoss("it is gone").orElseThrow().contains("5 GPUs"));
  }

  @Test
  void gpusThatHadNotTakenItInOrTakeItInOnceMoreDoNotCountAsLost() {
    for (int i = 0; i < SequenceAttempts.LOSSES; i++) {
      assertEquals(Optional.empty(), attempts.againAfterLoss("it does not answer"));
    }
    for (int i = 0; i < 2 * SequenceAttempts.LOSSES; i++) {
      attempts.placed(new GpuId(i % SequenceAttempts.LOSSES), 1);
      assertEquals(Optional.empty(), attempts.againAfterLoss("it does not answer"));
    }
  }

  @Test
  void whatIsNeverTakenInIsGivenUpTooInTheEnd() {
    int times = 0;
    while (attempts.againAfterLoss("it does not answer").isEmpty()) {
      times++;
    }
    assertEquals(16, times);
  }
}
