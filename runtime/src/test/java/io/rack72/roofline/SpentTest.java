package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Elementwise;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Phase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Terms are all of the time, and each is what more of its resource would save. */
class SpentTest {
  /** By how much a resource grows; what that saves is the term, relative to the whole. */
  private static final double LITTLE = 1e-6;

  /** Of the duration; differences of durations so near to each other lose digits. */
  private static final double TOLERANCE = 1e-5;

  private static final DecoderShape MODEL = DecoderShape.gptOss120b();

  /** Factors of a data sheet. */
  private record Faster(double hbm, double arithmetic, double links) {
    GpuSpec of(GpuSpec gpu) {
      return new GpuSpec(
          gpu.name(),
          gpu.architecture(),
          gpu.multiprocessors(),
          gpu.hbmBytes(),
          gpu.hbmBytesPerSecond() * hbm,
          gpu.bf16PerSecond() * arithmetic,
          gpu.fp8PerSecond() * arithmetic,
          gpu.cacheBytes(),
          gpu.linkBytesPerSecond() * links,
          gpu.linkNanos(),
          gpu.watts());
    }
  }

  private static List<Kernel> kernels() {
    List<Kernel> all = new ArrayList<>();
    KernelModelTest.series().forEach(all::addAll);
    for (int rows = 1; rows <= 1 << 16; rows *= 4) {
      all.add(new Elementwise(rows, 2880));
      all.add(new AllToAll(Exchange.TWO_SIDED, Phase.PREPARE, rows, 5760, 3.9, 32));
      all.add(new AllToAll(Exchange.ONE_SIDED, Phase.COMBINE, rows, 5760, 3.9, 32));
    }
    return all;
  }

  private static List<Double> terms(Spent spent) {
    return List.of(
        spent.weights(),
        spent.kv(),
        spent.activations(),
        spent.arithmetic(),
        spent.links(),
        spent.latency(),
        spent.fixed());
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void termsOfEveryKernelAreItsDurationAndNoneIsNegative(Architecture architecture) {
    GpuSpec gpu = KernelModelTest.gpu(architecture);
    for (KernelModel model :
        List.of(Gpus.model(gpu), KernelModel.repeated(gpu, Constants.committed()))) {
      for (Kernel kernel : kernels()) {
        KernelCost cost = model.cost(kernel);
        assertEquals(
            1,
            cost.spent().micros() / cost.micros(),
            1e-12,
            () -> kernel + " takes " + cost.micros() + ", spent as " + cost.spent());
        assertTrue(
            terms(cost.spent()).stream().allMatch(term -> term >= 0), () -> kernel + ": " + cost);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void aTermIsWhatMoreOfItsResourceWouldSave(Architecture architecture) {
    check(
        architecture,
        new Faster(1 + LITTLE, 1, 1),
        SpentTest::memory,
        SpentTest::readsAtTheMemorysRate);
    check(architecture, new Faster(1, 1 + LITTLE, 1), Spent::arithmetic, _ -> true);
    check(architecture, new Faster(1, 1, 1 + LITTLE), Spent::links, _ -> true);
  }

  private static double memory(Spent spent) {
    return spent.weights() + spent.kv() + spent.activations();
  }

  private static void check(
      Architecture architecture,
      Faster faster,
      ToDoubleFunction<Spent> term,
      Predicate<Kernel> exactly) {
    GpuSpec gpu = KernelModelTest.gpu(architecture);
    // Launches of kernels in a step are hidden in part, which is no matter of rates.
    KernelModel before = KernelModel.repeated(gpu, Constants.committed());
    KernelModel after = KernelModel.repeated(faster.of(gpu), Constants.committed());
    for (Kernel kernel : kernels()) {
      KernelCost cost = before.cost(kernel);
      double saved = (cost.micros() - after.micros(kernel)) / LITTLE / cost.micros();
      double told = term.applyAsDouble(cost.spent()) / cost.micros();
      if (exactly.test(kernel)) {
        assertEquals(saved, told, TOLERANCE, () -> kernel + " by " + faster + ": " + cost);
      } else {
        assertTrue(told >= saved - TOLERANCE, () -> kernel + " by " + faster + ": " + cost);
      }
    }
  }

  /** Not so keys that are read one after another, and rows that a GPU copies for an exchange. */
  private static boolean readsAtTheMemorysRate(Kernel kernel) {
    return !(kernel instanceof DecodeAttention || kernel instanceof AllToAll);
  }

  private static Spent decode(GpuSpec gpu, String layout, double sequences, double context) {
    return new StepModel(
            Gpus.model(gpu),
            MODEL,
            Layout.of(layout, MODEL.experts()),
            KvPrecision.FP8,
            ExpertRouting.zipf(0.5),
            new HostTime(0, 0, 0, 0))
        .step(StepWork.decode(sequences, context))
        .device()
        .spent();
  }

  @Test
  void halfTheMemoryBandwidthDoublesWhatReadingTakesAndLeavesTheRest() {
    GpuSpec half = new Faster(0.5, 1, 1).of(Gpus.gb200());
    Spent before = decode(Gpus.gb200(), "TP1", 64, 8192);
    Spent after = decode(half, "TP1", 64, 8192);
    assertTrue(after.weights() > 1.9 * before.weights(), () -> before + " and " + after);
    assertTrue(after.kv() > 1.7 * before.kv(), () -> before + " and " + after);
    // More of the arithmetic is hidden than before.
    assertTrue(after.arithmetic() <= before.arithmetic(), () -> before + " and " + after);
    assertEquals(0, after.links());
  }

  @Test
  void twiceTheContextIsMoreTimeForKeysAndValuesOnly() {
    Spent before = decode(Gpus.gb200(), "TP1", 64, 16_384);
    Spent after = decode(Gpus.gb200(), "TP1", 64, 32_768);
    assertTrue(after.kv() > 1.6 * before.kv(), () -> before + " and " + after);
    assertEquals(before.weights(), after.weights());
    assertEquals(before.arithmetic(), after.arithmetic());
    assertEquals(before.activations(), after.activations());
  }

  @Test
  void twiceTheWeightsAreMoreTimeForWeightsOnly() {
    KernelModel model = Gpus.model(Gpus.gb200());
    Spent before = model.cost(new Dense(16, 32_768, 2880)).spent();
    Spent after = model.cost(new Dense(16, 65_536, 2880)).spent();
    assertTrue(after.weights() > 1.9 * before.weights(), () -> before + " and " + after);
    assertEquals(before.fixed(), after.fixed(), 1e-12);
    assertTrue(after.weights() > 0.8 * after.micros(), after::toString);
  }

  @Test
  void halfTheLinksAreMoreTimeOnLinksOnly() {
    GpuSpec half = new Faster(1, 1, 0.5).of(Gpus.gb200());
    Spent before = decode(Gpus.gb200(), "DEP8", 4096, 1024);
    Spent after = decode(half, "DEP8", 4096, 1024);
    assertTrue(after.links() > 1.4 * before.links(), () -> before + " and " + after);
    assertEquals(before.weights(), after.weights());
    assertEquals(before.kv(), after.kv());
    assertEquals(before.arithmetic(), after.arithmetic());
  }

  @Test
  void largePromptsAreArithmeticAndFewSequencesAreWeightsAndLaunches() {
    KernelModel model = Gpus.model(Gpus.gb200());
    Spent large = model.cost(new Dense(16_384, 16_384, 8192)).spent();
    assertTrue(large.arithmetic() > 0.9 * large.micros(), large::toString);
    Spent keys =
        model
            .cost(new DecodeAttention(512, 32_768, 0, new Kernel.Heads(64, 8, 64), KvPrecision.FP8))
            .spent();
    assertTrue(keys.kv() > 0.9 * keys.micros(), keys::toString);
    Spent few = decode(Gpus.gb200(), "TP1", 1, 128);
    assertTrue(few.weights() + few.fixed() > 0.8 * few.micros(), few::toString);
  }
}
