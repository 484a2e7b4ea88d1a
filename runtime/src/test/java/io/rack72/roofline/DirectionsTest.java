package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.roofline.Kernel.KvPrecision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a step does when one thing about it changes: the sign, and roughly how much. */
class DirectionsTest {
  private static final double SKEW = 0.5;
  private static final DecoderShape MODEL = DecoderShape.gptOss120b();
  private static final HostTime NO_HOST = new HostTime(0, 0, 0, 0);

  private static final StepWork DECODE = StepWork.decode(64, 4096);
  private static final StepWork PREFILL = StepWork.prefill(64, 1024);

  private static StepTime step(GpuSpec gpu, String layout, StepWork work) {
    return step(gpu, MODEL, layout, SKEW, work);
  }

  private static StepTime step(
      GpuSpec gpu, DecoderShape model, String layout, double skew, StepWork work) {
    return new StepModel(
            Gpus.model(gpu),
            model,
            Layout.of(layout, model.experts()),
            KvPrecision.FP8,
            ExpertRouting.zipf(skew),
            NO_HOST)
        .step(work);
  }

  private static void within(double least, double most, double ratio) {
    assertTrue(least <= ratio && ratio <= most, ratio + " is not in " + least + " to " + most);
  }

  private static double ratio(StepTime changed, StepTime before) {
    return changed.micros() / before.micros();
  }

  @Test
  void halfTheMemoryBandwidthSlowsDecodesMuchAndPrefillLittle() {
    GpuSpec half = Gpus.gpu(Architecture.BLACKWELL, 4e12, 2.5e15, 5e15, 900e9, 1000);
    within(1.5, 2, ratio(step(half, "TP1", DECODE), step(Gpus.gb200(), "TP1", DECODE)));
    within(1, 1.45, ratio(step(half, "TP1", PREFILL), step(Gpus.gb200(), "TP1", PREFILL)));
  }

  @Test
  void halfTheLinkBandwidthSlowsNothingOnOneGpu() {
    GpuSpec half = Gpus.gpu(Architecture.BLACKWELL, 8e12, 2.5e15, 5e15, 450e9, 1000);
    assertEquals(step(Gpus.gb200(), "TP1", PREFILL), step(half, "TP1", PREFILL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TP4", "DEP8", "TEP8", "DEP72"})
  void halfTheLinkBandwidthNearlyDoublesTheLinksOfLargePrefills(String layout) {
    GpuSpec half = Gpus.gpu(Architecture.BLACKWELL, 8e12, 2.5e15, 5e15, 450e9, 1000);
    StepWork large = StepWork.prefill(256, 4096);
    StepTime before = step(Gpus.gb200(), layout, large);
    StepTime after = step(half, layout, large);
    within(1.7, 2.05, after.links().micros() / before.links().micros());
    assertEquals(before.experts(), after.experts());
    assertEquals(before.attention(), after.attention());
  }

  @Test
  void halfTheFp8RateSlowsExpertsOfPrefillsOnly() {
    GpuSpec half = Gpus.gpu(Architecture.BLACKWELL, 8e12, 2.5e15, 2.5e15, 900e9, 1000);
    StepTime before = step(Gpus.gb200(), "TP1", PREFILL);
    StepTime after = step(half, "TP1", PREFILL);
    within(1.4, 2, after.experts().micros() / before.experts().micros());
    assertEquals(before.dense(), after.dense());
    assertEquals(before.attention(), after.attention());
    within(1, 1.1, ratio(step(half, "TP1", DECODE), step(Gpus.gb200(), "TP1", DECODE)));
  }

  @Test
  void halfTheFp8RateDoesNotConcernHopper() {
    GpuSpec half = Gpus.gpu(Architecture.HOPPER, 3.35e12, 989e12, 990e12, 450e9, 1000);
    GpuSpec whole = Gpus.gpu(Architecture.HOPPER, 3.35e12, 989e12, 1979e12, 450e9, 1000);
    assertEquals(step(whole, "TP1", PREFILL), step(half, "TP1", PREFILL));
  }

  @Test
  void halfTheLinkLatencySavesItOnEveryCrossing() {
    GpuSpec quick = Gpus.gpu(Architecture.BLACKWELL, 8e12, 2.5e15, 5e15, 900e9, 500);
    double saved = step(Gpus.gb200(), "TP8", DECODE).micros() - step(quick, "TP8", DECODE).micros();
    // Two all-reduces of two crossings in each layer, and the logits.
    assertEquals((36 * 2 * 2 + 1) * 0.5, saved, 0.1);
    double exchanged =
        step(Gpus.gb200(), "DEP72", DECODE).micros() - step(quick, "DEP72", DECODE).micros();
    assertEquals(36 * 2 * 2 * 0.5, exchanged, 1e-6);
  }

  @Test
  void twiceTheSkewSlowsTheBusiestGpuAndTouchesFewerExperts() {
    StepTime before = step(Gpus.gb200(), MODEL, "DEP32", 0.5, PREFILL);
    StepTime after = step(Gpus.gb200(), MODEL, "DEP32", 1, PREFILL);
    within(1.4, 4, after.experts().micros() / before.experts().micros());
    assertEquals(before.attention(), after.attention());

    StepTime few = step(Gpus.gb200(), MODEL, "TP1", 0.5, DECODE);
    StepTime fewer = step(Gpus.gb200(), MODEL, "TP1", 1, DECODE);
    within(0.5, 0.95, fewer.experts().micros() / few.experts().micros());
  }

  @Test
  void copiesOfPopularExpertsTakeUpSkew() {
    Layout two = new Layout(Layout.Kind.DEP, 64, 2);
    Layout three = new Layout(Layout.Kind.DEP, 64, 3);
    assertTrue(
        experts(three) < 0.7 * experts(two),
        () -> "%s with copies, %s without".formatted(experts(three), experts(two)));
  }

  private static double experts(Layout layout) {
    return new StepModel(
            Gpus.model(Gpus.gb200()),
            MODEL,
            layout,
            KvPrecision.FP8,
            ExpertRouting.zipf(1),
            NO_HOST)
        .step(StepWork.prefill(64, 4096))
        .experts()
        .micros();
  }

  @Test
  void twiceTheContextDoublesFullLayersAndLeavesSlidingOnes() {
    double before = attention(32_768, MODEL);
    double after = attention(65_536, MODEL);
    DecoderShape onlySliding =
        new DecoderShape(
            0,
            18,
            MODEL.window(),
            MODEL.hidden(),
            MODEL.heads(),
            MODEL.experts(),
            MODEL.expertsPerToken(),
            MODEL.intermediate(),
            MODEL.vocabulary());
    double sliding = attention(32_768, onlySliding);
    assertEquals(sliding, attention(65_536, onlySliding), sliding * 0.02);
    within(1.85, 2.05, (after - sliding) / (before - sliding));
  }

  private static double attention(double context, DecoderShape model) {
    return step(Gpus.gb200(), model, "TP1", SKEW, StepWork.decode(64, context))
        .attention()
        .micros();
  }

  @Test
  void twiceTheExpertsReadMoreWeightsInDecodesAndComputeTheSameInPrefills() {
    DecoderShape twice =
        new DecoderShape(
            MODEL.fullLayers(),
            MODEL.slidingLayers(),
            MODEL.window(),
            MODEL.hidden(),
            MODEL.heads(),
            2 * MODEL.experts(),
            MODEL.expertsPerToken(),
            MODEL.intermediate(),
            MODEL.vocabulary());
    StepWork many = StepWork.decode(128, 1024);
    double decode =
        step(Gpus.gb200(), twice, "TP1", SKEW, many).experts().micros()
            / step(Gpus.gb200(), MODEL, "TP1", SKEW, many).experts().micros();
    within(1.2, 2, decode);
    double prefill =
        step(Gpus.gb200(), twice, "TP1", SKEW, StepWork.prefill(64, 4096)).experts().micros()
            / step(Gpus.gb200(), MODEL, "TP1", SKEW, StepWork.prefill(64, 4096)).experts().micros();
    within(0.95, 1.15, prefill);
  }

  @Test
  void twiceTheSequencesTakeLongerButLessThanTwiceAsLong() {
    double before = step(Gpus.gb200(), "TP1", StepWork.decode(64, 1024)).micros();
    double after = step(Gpus.gb200(), "TP1", StepWork.decode(128, 1024)).micros();
    within(1.05, 1.7, after / before);
  }
}
