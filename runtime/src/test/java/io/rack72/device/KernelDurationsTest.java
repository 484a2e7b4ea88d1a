package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.roofline.Architecture;
import io.rack72.roofline.Constants;
import io.rack72.roofline.DecoderShape;
import io.rack72.roofline.ExpertRouting;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.HostTime;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.KernelModel;
import io.rack72.roofline.Layout;
import io.rack72.roofline.Spent;
import io.rack72.roofline.StepModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelDurationsTest {
  private static final ModelConfig MODEL = ModelShape.named("gpt-oss-120b").config();
  private static final double ROW_BYTES = 2.0 * MODEL.hiddenSize();

  private static GpuSpec gpu(double hbm, double link) {
    return new GpuSpec(
        "test",
        Architecture.BLACKWELL,
        152,
        186_000_000_000L,
        hbm,
        2.5e15,
        5e15,
        126_000_000,
        link,
        1000,
        1200);
  }

  private static KernelDurations durations(GpuSpec gpu, int expertGpus) {
    return new KernelDurations(MODEL, gpu, "trtllm", expertGpus, KvPrecision.FP8, 2);
  }

  private static KernelDurations durations(int expertGpus) {
    return durations(gpu(8e12, 900e9), expertGpus);
  }

  private static StepShape decodes(int sequences, int context) {
    long keys = (long) sequences * context;
    return new StepShape(sequences, keys, Math.min(keys, 128L * sequences), List.of(), sequences);
  }

  private static StepShape prompts(int count, int rows, int before) {
    return new StepShape(
        0,
        0,
        0,
        IntStream.range(0, count).mapToObj(i -> new StepShape.Chunk(before, rows)).toList(),
        count);
  }

  private static void within(double least, double most, double ratio) {
    assertTrue(least <= ratio && ratio <= most, ratio + " is not in " + least + " to " + most);
  }

  @Test
  void longContextsTakeAsLongAsTheirBytesInFullLayersOnly() {
    double more =
        durations(1).attentionNanos(false, decodes(64, 131_072))
            - durations(1).attentionNanos(false, decodes(64, 65_536));
    double bytes = 64.0 * 65_536 * 2 * MODEL.kvWidth();
    within(1, 1.6, more / (bytes / 8e12 * 1e9));
    within(
        0.99,
        1.1,
        (double) durations(1).attentionNanos(true, decodes(64, 131_072))
            / durations(1).attentionNanos(true, decodes(64, 65_536)));
  }

  @Test
  void promptsTogetherTakeLessThanOneByOneAndAsManyOperations() {
    double one = durations(1).attentionNanos(false, prompts(1, 512, 0));
    double eight = durations(1).attentionNanos(false, prompts(8, 512, 0));
    within(1, 8, eight / one);
    double many = durations(1).attentionNanos(false, prompts(64, 2048, 0));
    double twice = durations(1).attentionNanos(false, prompts(128, 2048, 0));
    within(1.9, 2.05, twice / many);
  }

  @Test
  void chunksOfUnequalPromptsSeeAsManyKeysAsTheyDoApart() {
    StepShape uneven =
        new StepShape(
            0, 0, 0, List.of(new StepShape.Chunk(0, 100), new StepShape.Chunk(5000, 300)), 2);
    var chunk = uneven.work().chunks().getFirst();
    assertEquals(2, chunk.sequences());
    assertEquals(200, chunk.tokens());
    double pairs = 100 * (101 / 2.0) + 300 * (5000 + 301 / 2.0);
    assertEquals(pairs, 2 * 200 * (chunk.before() + 201 / 2.0), 1e-6);
  }

  @Test
  void expertsOfFewRowsTakeAsLongAsTheirWeights() {
    double few = durations(1).expertsNanos(32, 32);
    double many = durations(1).expertsNanos(128, 128);
    double bytes = 96 * 3.0 * 2880 * 2880 * 4.25 / 8;
    within(1, 1.5, (many - few) / (bytes / 8e12 * 1e9));
    assertEquals(0, durations(1).expertsNanos(0, 0));
  }

  @Test
  void expertsOfManyRowsTakeAsLongAsTheirOperations() {
    double more =
        (double) durations(1).expertsNanos(128, 400_000) - durations(1).expertsNanos(128, 200_000);
    double operations = 200_000.0 * 6 * 2880 * 2880;
    // As much again for passes over rows: reading, quantising, summing up.
    within(1.5, 2.5, more / (operations / 5e15 * 1e9));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 8, 72})
  void exchangesOfManyRowsTakeAsLongAsTheirBytesOnTheLinks(int gpus) {
    long bytes = (long) (100_000 * ROW_BYTES);
    double whole = durations(gpus).exchangeNanos(bytes, gpus);
    within(1, 2.2, whole / (bytes / 900e9 * 1e9));
    double half = durations(gpu(8e12, 450e9), gpus).exchangeNanos(bytes, gpus);
    within(1.5, 2.05, half / whole);
    assertEquals(0, durations(gpus).exchangeNanos(bytes, 1));
  }

  @Test
  void stepsThatReadPromptsKeepTheHostBusyForLonger() {
    long decode = durations(1).hostNanos(decodes(64, 1024));
    long prompt = durations(1).hostNanos(prompts(1, 1024, 0));
    assertTrue(decode > 100_000 && prompt > 5 * decode, () -> decode + " and " + prompt);
  }

  @Test
  void whatIsRememberedIsWhatIsComputed() {
    KernelDurations warm = durations(8);
    for (int assignments = 1; assignments < 20_000; assignments += 37) {
      warm.expertsNanos(16, assignments);
      warm.exchangeNanos(assignments * 5760L, 8);
    }
    for (int assignments = 1; assignments < 20_000; assignments += 370) {
      assertEquals(durations(8).expertsNanos(16, assignments), warm.expertsNanos(16, assignments));
      assertEquals(
          durations(8).exchangeNanos(assignments * 5760L, 8),
          warm.exchangeNanos(assignments * 5760L, 8));
    }
  }

  private static List<KernelTime> times(StepDurations durations) {
    List<KernelTime> times = new ArrayList<>();
    for (int count = 1; count <= 4096; count *= 4) {
      times.add(durations.attentionTime(true, decodes(count, 3000)));
      times.add(durations.attentionTime(false, decodes(count, 3000)));
      times.add(durations.attentionTime(false, prompts(1, count + 1, 100)));
      times.add(durations.expertsTime(Math.min(count, 128), count));
      times.add(durations.exchangeTime(count * 5760L, 8));
      times.add(durations.reducesTime(count));
      times.add(durations.logitsTime(count));
    }
    return times;
  }

  private static StepDurations replica(GpuSpec gpu, String layout) {
    Constants constants = Constants.committed();
    return new ReplicaDurations(
        new StepModel(
            KernelModel.inSteps(gpu, constants),
            DecoderShape.of(MODEL),
            Layout.of(layout, MODEL.experts()),
            KvPrecision.FP8,
            ExpertRouting.zipf(0.5),
            HostTime.of("trtllm", gpu.architecture(), constants)),
        MODEL.expertsPerToken());
  }

  @Test
  void whatADurationIsSpentOnIsAllOfItAndNoMemoryIsFasterThanItsDataSheet() {
    GpuSpec gpu = gpu(8e12, 900e9);
    for (StepDurations durations :
        List.of(durations(8), replica(gpu, "TP1"), replica(gpu, "TP8"), replica(gpu, "TEP8"))) {
      for (KernelTime time : times(durations)) {
        assertEquals((double) time.nanos(), 1e3 * time.spent().micros(), 1e-6, time::toString);
        assertTrue(time.hbmMicros() <= time.spent().micros(), time::toString);
      }
    }
  }

  @Test
  void durationsAreThoseOfTheTimesThatSayWhatTheyAreSpentOn() {
    StepDurations durations = durations(8);
    assertEquals(
        durations.attentionNanos(false, decodes(7, 900)),
        durations.attentionTime(false, decodes(7, 900)).nanos());
    assertEquals(durations.expertsNanos(9, 50), durations.expertsTime(9, 50).nanos());
    assertEquals(durations.exchangeNanos(1 << 20, 8), durations.exchangeTime(1 << 20, 8).nanos());
    assertEquals(durations.logitsNanos(7), durations.logitsTime(7).nanos());
    StepDurations replica = replica(gpu(8e12, 900e9), "TP8");
    assertEquals(replica.reducesNanos(9), replica.reducesTime(9).nanos());
    assertTrue(replica.reducesTime(4096).spent().links() > 0);
  }

  @Test
  void fasterMemorySavesTimeOnWeightsAndKeysAndFasterLinksOnExchanges() {
    GpuSpec slow = gpu(4e12, 450e9);
    GpuSpec fast = gpu(8e12, 900e9);
    Spent experts = durations(slow, 8).expertsTime(16, 64).spent();
    assertTrue(durations(fast, 8).expertsTime(16, 64).spent().weights() < 0.55 * experts.weights());
    Spent attention = durations(slow, 8).attentionTime(false, decodes(64, 8192)).spent();
    assertTrue(
        durations(fast, 8).attentionTime(false, decodes(64, 8192)).spent().kv()
            < 0.65 * attention.kv());
    long bytes = (long) (4096 * ROW_BYTES);
    Spent exchange = durations(slow, 8).exchangeTime(bytes, 8).spent();
    assertTrue(durations(fast, 8).exchangeTime(bytes, 8).spent().links() < 0.65 * exchange.links());
  }

  @Test
  void unknownStacksAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new KernelDurations(MODEL, gpu(8e12, 900e9), "none", 1, KvPrecision.FP8, 2));
  }
}
