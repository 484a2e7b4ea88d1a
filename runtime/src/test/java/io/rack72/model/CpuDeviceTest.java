package io.rack72.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.hardware.GpuId;
import io.rack72.kernel.Kernels;
import io.rack72.kernel.RotaryTable;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import io.rack72.kv.KvCache;
import io.rack72.kv.KvLayout;
import io.rack72.kv.SequenceKv;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CpuDeviceTest {
  private static final Kernels KERNELS = new VectorKernels(new Workers(1));
  private static final long NOW = 12_345;

  private final Golden golden = Golden.open("wide");
  private final ModelConfig config = golden.weights().config();
  private final ExpertSlots slots = new ExpertSlots(new GpuId(7), config);
  private final KvCache cache = new KvCache(new KvLayout(config, 16), 4, 4);
  private final CpuDevice device =
      new CpuDevice(
          golden.weights(), KERNELS, new RotaryTable(config), slots, ForwardObserver.NONE);

  @AfterEach
  void close() {
    cache.close();
    golden.close();
  }

  @Test
  void expertOfAnotherGpuIsRefused() {
    slots.load(1, 5, golden.weights().expert(1, 5));
    float[] hidden = new float[config.hiddenSize()];

    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class,
            () -> device.experts(2, hidden, new int[] {0}, new int[] {5}, NOW));

    assertEquals("gpu-7 does not own expert 5 of layer 2 and cannot run it", refused.getMessage());
  }

  @Test
  void expertOutputsStandInAssignmentOrderWhateverTheirCompany() {
    for (int expert = 0; expert < 4; expert++) {
      slots.load(0, expert, golden.weights().expert(0, expert));
    }
    int size = config.hiddenSize();
    float[] hidden = new float[3 * size];
    Random random = new Random(3);
    for (int i = 0; i < hidden.length; i++) {
      hidden[i] = (float) random.nextGaussian();
    }
    int[] rows = {2, 0, 1, 2, 0, 2};
    int[] experts = {3, 3, 0, 1, 1, 0};

    Device.ExpertOutputs together = device.experts(0, hidden, rows, experts, NOW);

    assertEquals(NOW, together.readyAtNanos());
    for (int i = 0; i < rows.length; i++) {
      float[] row = Arrays.copyOfRange(hidden, rows[i] * size, (rows[i] + 1) * size);
      float[] alone = device.experts(0, row, new int[] {0}, new int[] {experts[i]}, NOW).values();
      assertArrayEquals(
          alone, Arrays.copyOfRange(together.values(), i * size, (i + 1) * size), "row " + i);
    }
  }

  @Test
  void stepRefusesCallsOutOfOrder() {
    ForwardStep step = device.begin(batch(0));
    assertThrows(IllegalStateException.class, () -> step.route(1, NOW));
    step.route(0, NOW);
    assertThrows(IllegalStateException.class, () -> step.logits(NOW));
  }

  @Test
  void resultsAreReadyAtTheTimeOfTheCall() {
    ForwardStep step = device.begin(batch(1));
    float[] outputs = new float[3 * config.expertsPerToken() * config.hiddenSize()];
    for (int layer = 0; layer < config.layers(); layer++) {
      assertEquals(NOW + layer, step.route(layer, NOW + layer).readyAtNanos());
      assertEquals(NOW + layer, step.combine(layer, outputs, NOW + layer));
    }
    assertEquals(NOW, step.logits(NOW).readyAtNanos());
  }

  @Test
  void stepWithinAPromptHasNoLogits() {
    ForwardStep step = device.begin(batch(0));
    float[] outputs = new float[3 * config.expertsPerToken() * config.hiddenSize()];
    for (int layer = 0; layer < config.layers(); layer++) {
      step.route(layer, NOW);
      step.combine(layer, outputs, NOW);
    }
    assertEquals(0, step.logits(NOW).values().length);
  }

  @Test
  void weightsAreAccountedToTheLastByte() {
    ModelWeights weights = golden.weights();
    long experts = (long) config.layers() * config.experts() * weights.expertBytes();
    long hidden = config.hiddenSize();
    long width = config.intermediateSize();

    // MXFP4 takes 17 bytes for 32 values, bfloat16 two for each bias.
    assertEquals(3 * hidden * width * 17 / 32 + 2 * (2 * width + hidden), weights.expertBytes());
    assertEquals(golden.tensorBytes(), weights.sharedBytes() + experts);
    assertTrue(weights.sharedBytes() > 0);
  }

  private StepBatch batch(int logitRows) {
    SequenceKv kv = new SequenceKv(cache);
    kv.growTo(3);
    return new StepBatch(new int[] {1, 2, 3}, List.of(new StepBatch.Slice(kv, 0, 3, 0, logitRows)));
  }
}
