package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.ModelShape.Dimension;
import io.rack72.model.ForwardObserver.Stage;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ExpertUseTest {
  private static final ModelConfig MODEL =
      ModelShape.named("demo")
          .with(Dimension.LAYERS, 2)
          .with(Dimension.EXPERTS, 4)
          .with(Dimension.EXPERTS_PER_TOKEN, 2)
          .config();

  @Test
  void everyRowCountsForTheExpertsThatItIsSentTo() {
    ExpertUse use = new ExpertUse(MODEL);
    float[] logits = {0, 3, 2, 1, 0, 2, 1, 3, 9, 9, 0, 0};
    use.saw(Stage.ROUTER_LOGITS, 1, logits, 2);
    use.saw(Stage.HIDDEN, 1, logits, 2);
    assertArrayEquals(new long[][] {{0, 0, 0, 0}, {2, 1, 1, 0}}, use.ranked());
  }

  @Test
  void sharesAreThoseOfSixteenExpertsAtATime() {
    long[] layer = new long[40];
    Arrays.fill(layer, 0, 16, 5);
    Arrays.fill(layer, 16, 36, 1);
    assertArrayEquals(new double[] {80, 16, 4}, ExpertHistogram.shares(layer), 1e-9);
    String text = new ExpertHistogram(new long[][] {layer}).toText();
    assertTrue(text.startsWith("| layer | 1-16 | 17-32 | 33-40 | unused |\n"), text);
    assertTrue(text.contains("| 0 | 80.0% | 16.0% | 4.0% | 4 |\n"), text);
    assertTrue(text.contains("     1-16  " + "#".repeat(50) + " 80.0%\n"), text);
    assertTrue(text.contains("    17-32  " + "#".repeat(10) + " 16.0%\n"), text);
    assertEquals(
        80.0, new ExpertHistogram(new long[][] {layer}).toJson().get("hottest_percent").asDouble());
  }
}
