package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.roofline.Kernel.AllToAll;
import io.rack72.roofline.Kernel.Collective;
import io.rack72.roofline.Kernel.DecodeAttention;
import io.rack72.roofline.Kernel.Dense;
import io.rack72.roofline.Kernel.Exchange;
import io.rack72.roofline.Kernel.ExpertPrecision;
import io.rack72.roofline.Kernel.Experts;
import io.rack72.roofline.Kernel.Heads;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Operation;
import io.rack72.roofline.Kernel.Phase;
import io.rack72.roofline.Kernel.PrefillAttention;
import io.rack72.roofline.Kernel.TileChoice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelModelTest {
  private static final Heads HEADS = new Heads(64, 8, 64);

  static GpuSpec gpu(Architecture architecture) {
    return switch (architecture) {
      case HOPPER -> Gpus.h100();
      case BLACKWELL -> Gpus.gb200();
      case BLACKWELL_WORKSTATION -> Gpus.workstation();
    };
  }

  /** Calls of all kinds, from tiny ones to huge ones; each list grows in one size. */
  static List<List<Kernel>> series() {
    List<List<Kernel>> all = new ArrayList<>();
    for (double outputs : new double[] {128, 2880, 201_088}) {
      all.add(growing(m -> new Dense(m, outputs, 2880)));
    }
    for (ExpertPrecision precision : ExpertPrecision.values()) {
      for (int ranks : new int[] {1, 8, 64}) {
        all.add(
            growing(
                t ->
                    new Experts(
                        t,
                        ExpertRows.balanced((int) t, 4, 128, ranks),
                        2880,
                        2880,
                        4,
                        ranks,
                        precision,
                        TileChoice.SEARCHED)));
      }
    }
    for (KvPrecision kv : KvPrecision.values()) {
      for (int window : new int[] {0, 128}) {
        all.add(growing(b -> new DecodeAttention(b, 1024, window, HEADS, kv)));
        all.add(growing(context -> new DecodeAttention(16, context, window, HEADS, kv)));
        all.add(growing(t -> new PrefillAttention(4, t, 0, window, HEADS, kv, false)));
        all.add(growing(before -> new PrefillAttention(4, 64, before, window, HEADS, kv, false)));
      }
    }
    for (int gpus : new int[] {2, 4, 8, 72}) {
      for (Operation operation : Operation.values()) {
        all.add(growing(kilobytes -> new Collective(operation, gpus, kilobytes * 1024)));
      }
      all.add(growing(t -> new AllToAll(Exchange.ONE_SIDED, Phase.DISPATCH, t, 5760, 3.9, gpus)));
    }
    all.add(growing(rows -> new Kernel.Sampling(rows, 201_088)));
    return all;
  }

  private interface BySize {
    Kernel of(double size);
  }

  private static List<Kernel> growing(BySize kernel) {
    List<Kernel> kernels = new ArrayList<>();
    for (int power = 0; power <= 16; power++) {
      kernels.add(kernel.of(1 << power));
    }
    return kernels;
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void noKernelIsFasterThanTheDataSheetAllows(Architecture architecture) {
    GpuSpec gpu = gpu(architecture);
    KernelModel model = Gpus.model(gpu);
    for (List<Kernel> kernels : series()) {
      for (Kernel kernel : kernels) {
        KernelCost cost = model.cost(kernel);
        boolean wide =
            kernel instanceof Experts experts
                && experts.precision() == ExpertPrecision.W4A8
                && architecture != Architecture.HOPPER;
        double rate = wide ? gpu.fp8PerSecond() : gpu.bf16PerSecond();
        double least =
            Math.max(
                Math.max(cost.hbmBytes() / gpu.hbmBytesPerSecond(), cost.operations() / rate),
                cost.linkBytes() / gpu.linkBytesPerSecond());
        assertTrue(
            cost.micros() > least * 1e6,
            () -> kernel + " takes " + cost + " where " + least * 1e6 + " are needed");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void moreWorkTakesLonger(Architecture architecture) {
    KernelModel model = Gpus.model(gpu(architecture));
    for (List<Kernel> kernels : series()) {
      double before = 0;
      for (Kernel kernel : kernels) {
        double now = model.micros(kernel);
        double least = before;
        // Other tiles may be a little better.
        assertTrue(
            now >= 0.97 * least, () -> kernel + " takes " + now + ", a smaller one " + least);
        before = now;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void hugeWorkIsNearTheRoofline(Architecture architecture) {
    GpuSpec gpu = gpu(architecture);
    KernelModel model = Gpus.model(gpu);
    KernelCost dense = model.cost(new Dense(65_536, 65_536, 8192));
    double part = dense.operations() / gpu.bf16PerSecond() * 1e6 / dense.micros();
    assertTrue(part > 0.5 && part < 1, () -> "part of the arithmetic rate: " + part);

    KernelCost decode = model.cost(new DecodeAttention(512, 32_768, 0, HEADS, KvPrecision.FP8));
    double streamed = decode.hbmBytes() / gpu.hbmBytesPerSecond() * 1e6 / decode.micros();
    assertTrue(streamed > 0.5 && streamed < 1, () -> "part of the bandwidth: " + streamed);
  }

  @Test
  void withoutSearchSpreadExpertsPayForPaddingUntilTheirTilesAreFull() {
    KernelModel model = Gpus.model(Gpus.gb200());
    for (int tokens = 1; tokens <= 4096; tokens *= 2) {
      assertEquals(1, withoutSearch(model, tokens, 1), 1e-12, "one GPU has all choices: " + tokens);
    }
    // 16 rows for each of 8 experts, in tiles of 256.
    double padded = withoutSearch(model, 512, 16);
    assertTrue(padded > 2, () -> "ratio of times " + padded);
    // 256 rows for each of 64: both choices compute as many.
    double full = withoutSearch(model, 8192, 2);
    assertTrue(full > 0.95 && full < 1.05, () -> "ratio of times " + full);
  }

  /** How many times as long as with a search. */
  private static double withoutSearch(KernelModel model, int tokens, int ranks) {
    return model.micros(experts(tokens, ranks, TileChoice.UNSEARCHED))
        / model.micros(experts(tokens, ranks, TileChoice.SEARCHED));
  }

  private static Experts experts(int tokens, int ranks, TileChoice tiles) {
    ExpertRows rows = ExpertRows.balanced(tokens, 4, 128, ranks);
    return new Experts(tokens, rows, 2880, 2880, 4, ranks, ExpertPrecision.W4A8, tiles);
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void nothingTakesNoTime(Architecture architecture) {
    KernelModel model = Gpus.model(gpu(architecture));
    assertTrue(model.micros(new Dense(1, 1, 1)) > 0.5);
    assertThrows(IllegalArgumentException.class, () -> new Dense(0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Dense(1, Double.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> new Collective(Operation.ALL_GATHER, 1, 8));
  }

  @ParameterizedTest
  @EnumSource(Architecture.class)
  void theSameCallTakesTheSameTime(Architecture architecture) {
    for (List<Kernel> kernels : series()) {
      Kernel kernel = kernels.getLast();
      assertEquals(
          Gpus.model(gpu(architecture)).cost(kernel), Gpus.model(gpu(architecture)).cost(kernel));
    }
  }
}
