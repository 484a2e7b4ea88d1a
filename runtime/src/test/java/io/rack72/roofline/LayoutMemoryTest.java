package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of gpt-oss-120b: 36 layers, width 2880, 64 query and 8 key heads of 64, 128 experts. */
class LayoutMemoryTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();

  /** Three matrices of 2880 x 2880 in 4 bits with a scale of 8 for 32, and bf16 biases. */
  private static final long EXPERT = 3L * 2880 * 2880 * 17 / 32 + 2 * 3 * 2880;

  /** Norms, router, sinks and the bias of attention's output, in bf16. */
  private static final long WHOLE = 2L * (36 * (2 * 2880 + 128 * 2880 + 128 + 64 + 2880) + 2880);

  /** Two matrices of the vocabulary. */
  private static final long VOCABULARY = 2L * 2 * 201_088 * 2880;

  private static LayoutMemory memory(String layout) {
    return new LayoutMemory(CONFIG, Layout.of(layout, CONFIG.experts()));
  }

  /** Query, key and value with biases, and output. */
  private static long attention(int queryHeads, int kvHeads) {
    long width = 64L * (queryHeads + 2 * kvHeads);
    return 36 * 2 * (width * 2881 + 64L * queryHeads * 2880);
  }

  @Test
  void oneGpuHasTheWholeModel() {
    long bytes = WHOLE + VOCABULARY + attention(64, 8) + 36 * 128 * EXPERT;
    assertEquals(bytes, memory("TP1").weightBytes());
    assertEquals(bytes, memory("TEP1").weightBytes());
    assertEquals(bytes, memory("DEP1").weightBytes());
    assertEquals(65, bytes / 1_000_000_000);
  }

  @Test
  void eightTensorParallelGpusHaveAnEighthOfWhatIsDivided() {
    long bytes = WHOLE + VOCABULARY / 8 + attention(8, 1) + 36 * 128 / 8 * EXPERT;
    assertEquals(bytes, memory("TP8").weightBytes());
    assertEquals(bytes, memory("TEP8").weightBytes());
  }

  @Test
  void dataParallelGpusHaveAllOfAttentionAndTwoExpertsOfALayerIn72() {
    assertEquals(
        WHOLE + VOCABULARY + attention(64, 8) + 36 * 2 * EXPERT, memory("DEP72").weightBytes());
  }

  @Test
  void eachSlotMoreTakesAnExpertOfEveryLayer() {
    Layout three = Layout.of("DEP72", 128).withSlots(3, 128);
    assertEquals(
        memory("DEP72").weightBytes() + 36 * EXPERT, new LayoutMemory(CONFIG, three).weightBytes());
  }

  @Test
  void moreGpusThanKeyHeadsHoldThemSeveralTimes() {
    assertEquals(
        WHOLE + VOCABULARY / 16 + attention(4, 1) + 36 * 8 * EXPERT, memory("TEP16").weightBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "DEP72, 73728, 1000",
    "TP1, 73728, 1000",
    "TP2, 36864, 2000",
    "TP8, 9216, 8000",
    "TEP8, 9216, 8000",
    "TP16, 9216, 8000",
    "TP3, 27648, 2666"
  })
  void keysAndValuesAreDividedByHeads(String layout, long bytesPerToken, long bytes) {
    assertEquals(bytesPerToken, memory(layout).kvBytesPerToken(2));
    assertEquals(bytes, memory(layout).kvBytes(1000));
    assertEquals(1000, memory(layout).bytesPerGpu(bytes));
  }
}
