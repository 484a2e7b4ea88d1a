package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bits of every implementation of the fast mode against the contract in plain loops. */
class FastKernelBitsTest {
  private static final Workers WORKERS = new Workers(3);

  @AfterAll
  static void closeWorkers() {
    WORKERS.close();
  }

  /** Java at every vector width, and native code where it was built and this processor runs it. */
  static Stream<Named<Kernels>> implementations() {
    List<Kernels> all = new ArrayList<>();
    for (int bits : new int[] {128, 256, 512}) {
      all.add(ShapeLoader.fastKernels(bits, WORKERS));
    }
    List<FastKernels.Choice> inC =
        List.of(
            FastKernels.Choice.AVX2,
            FastKernels.Choice.AVX512,
            FastKernels.Choice.NEON,
            FastKernels.Choice.AMX);
    for (FastKernels.Choice choice : inC) {
      if (FastKernels.isAvailable(choice)) {
        all.add(new FastKernels(new VectorKernels(WORKERS), WORKERS, choice));
      }
    }
    return all.stream().map(kernels -> Named.of(kernels.name(), kernels));
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void mxfp4ProductHasTheBitsOfTheContract(Kernels kernels) {
    for (int seed = 0; seed < 60; seed++) {
      Samples samples = new Samples(seed);
      int rows = samples.between(1, seed % 5 == 0 ? 150 : 20);
      int outputs = samples.between(1, 70);
      int columns = 32 * samples.between(1, seed % 10 == 0 ? 40 : 6);
      Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns);
      Bf16Vector bias = seed % 3 == 0 ? null : samples.bf16Vector(outputs);
      float[] x = samples.floats(rows * columns);
      assertSameBits(
          PlainFastProducts.multiply(w, bias, x, rows),
          multiply(kernels, w, bias, x, rows),
          rows + " rows, " + outputs + " x " + columns);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void int8ProductHasTheBitsOfTheContract(Kernels kernels) {
    for (int seed = 0; seed < 60; seed++) {
      Samples samples = new Samples(seed);
      int rows = samples.between(1, seed % 5 == 0 ? 150 : 20);
      int outputs = samples.between(1, 70);
      int columns = samples.between(1, seed % 10 == 0 ? 1200 : 200);
      Bf16Matrix w = samples.bf16Matrix(outputs, columns);
      Bf16Vector bias = seed % 3 == 0 ? null : samples.bf16Vector(outputs);
      float[] x = samples.floats(rows * columns);
      assertSameBits(
          PlainFastProducts.multiply(w, bias, x, rows),
          multiply(kernels, toInt8(kernels, w), bias, x, rows),
          rows + " rows, " + outputs + " x " + columns);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void moreRowsThanAPassTakesHaveTheBitsOfTheContract(Kernels kernels) {
    Samples samples = new Samples(3);
    int rows = 1100;
    Mxfp4Matrix w = samples.mxfp4Matrix(37, 64);
    Bf16Matrix dense = samples.bf16Matrix(37, 50);
    float[] x = samples.floats(rows * 64);
    assertSameBits(
        PlainFastProducts.multiply(w, null, x, rows), multiply(kernels, w, null, x, rows), "MXFP4");
    assertSameBits(
        PlainFastProducts.multiply(dense, null, x, rows),
        multiply(kernels, toInt8(kernels, dense), null, x, rows),
        "int8");
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void quantizationHasTheBytesOfTheContract(Kernels kernels) {
    for (int seed = 0; seed < 60; seed++) {
      Samples samples = new Samples(seed);
      int outputs = samples.between(1, seed % 10 == 0 ? 600 : 70);
      int columns = samples.between(1, seed % 10 == 0 ? 1200 : 200);
      Bf16Matrix w = samples.bf16Matrix(outputs, columns);
      for (long i = 0; i < (long) outputs * columns; i++) {
        // All bits, among them NaN, infinity, the least numbers and halves between whole ones.
        if (seed % 2 == 0 && samples.between(0, 40) == 0) {
          short bits = (short) samples.between(0, 0xFFFF);
          w.data().setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
        } else if (seed % 3 == 0) {
          float halves = samples.between(-254, 254) / 2f;
          short bits = (short) (Float.floatToRawIntBits(halves) >>> 16);
          w.data().setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
        }
      }
      // In a file a matrix can begin at an odd address.
      MemorySegment placed = Arena.ofAuto().allocate(w.data().byteSize() + 1).asSlice(1);
      placed.copyFrom(w.data());
      Int8Matrix quantized = toInt8(kernels, new Bf16Matrix(placed, outputs, columns));
      Int8Matrix expected = PlainFastProducts.toInt8(w);
      String size = "seed " + seed + ", " + outputs + " x " + columns;
      assertEquals(-1, expected.scales().mismatch(quantized.scales()), "a scale of " + size);
      assertEquals(-1, expected.codes().mismatch(quantized.codes()), "a code of " + size);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void extremeDenseWeightsHaveTheBitsOfTheContract(Kernels kernels) {
    float[] extremes = {
      0,
      -0f,
      Float.MIN_VALUE,
      Float.MIN_NORMAL,
      0x1p-120f,
      127,
      254,
      1e30f,
      Float.MAX_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NaN
    };
    for (int seed = 0; seed < 40; seed++) {
      Samples samples = new Samples(seed);
      int outputs = samples.between(1, 40);
      int columns = samples.between(1, 100);
      int rows = samples.between(1, seed % 4 == 0 ? 40 : 15);
      Bf16Matrix w = samples.bf16Matrix(outputs, columns);
      for (long i = 0; i < (long) outputs * columns; i++) {
        // Whole rows of one special number, and single ones among others.
        boolean special = i / columns % 4 == 3 || samples.between(0, 60) == 0;
        if (special) {
          float value = extremes[(int) (i / columns + seed) % extremes.length];
          short bits = (short) (Float.floatToRawIntBits(value) >>> 16);
          w.data().setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
        }
      }
      float[] x = samples.floats(rows * columns);
      assertSameBits(
          PlainFastProducts.multiply(w, null, x, rows),
          multiply(kernels, toInt8(kernels, w), null, x, rows),
          "seed " + seed);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void extremeScalesAndInputsHaveTheBitsOfTheContract(Kernels kernels) {
    float[] extremes = {
      0,
      -0f,
      Float.MIN_VALUE,
      Float.MIN_NORMAL,
      0x1p-100f,
      0x1p-101f,
      1e-30f,
      1e30f,
      Float.MAX_VALUE,
      Float.POSITIVE_INFINITY,
      Float.NaN
    };
    for (int seed = 0; seed < 60; seed++) {
      Samples samples = new Samples(seed);
      int outputs = samples.between(1, 40);
      int columns = 64;
      int rows = samples.between(1, 15);
      Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns, 0, 255);
      float[] x = samples.floats(rows * columns);
      for (int i = 0; i < x.length; i++) {
        // Whole rows of one magnitude, and a few special numbers among them.
        x[i] *= (float) Math.pow(10, i / columns * 5 - 35);
        if (samples.between(0, 60) == 0) {
          x[i] = extremes[samples.between(0, extremes.length - 1)];
        }
      }
      assertSameBits(
          PlainFastProducts.multiply(w, null, x, rows),
          multiply(kernels, w, null, x, rows),
          "seed " + seed);
    }
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void aRowHasTheSameBitsAloneAndAmongOthers(Kernels kernels) {
    Samples samples = new Samples(7);
    int columns = 32 * 90;
    int outputs = 77;
    int rows = 65;
    Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns);
    float[] x = samples.floats(rows * columns);
    float[] together = multiply(kernels, w, null, x, rows);
    for (int row = 0; row < rows; row++) {
      float[] alone = Arrays.copyOfRange(x, row * columns, (row + 1) * columns);
      assertSameBits(
          multiply(kernels, w, null, alone, 1),
          Arrays.copyOfRange(together, row * outputs, (row + 1) * outputs),
          "row " + row);
    }
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"AUTO", "JAVA"})
  void kernelsThatThisMachineLacksAreRefusedByName(FastKernels.Choice choice) {
    VectorKernels exact = new VectorKernels(WORKERS);
    String name = choice.name().toLowerCase(Locale.ROOT);
    if (FastKernels.isAvailable(choice)) {
      assertEquals("fast-" + name, new FastKernels(exact, WORKERS, choice).name());
      return;
    }
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> new FastKernels(exact, WORKERS, choice));
    assertTrue(e.getMessage().startsWith("no " + name + " kernels here"), e.getMessage());
  }

  @ParameterizedTest
  @MethodSource("implementations")
  void arraysThatAreTooSmallAreRefused(Kernels kernels) {
    Samples samples = new Samples(1);
    Mxfp4Matrix w = samples.mxfp4Matrix(20, 64);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels.multiply(w, null, new float[127], 2, new float[40]));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels.multiply(w, null, new float[128], 2, new float[39]));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels.multiply(w, samples.bf16Vector(19), new float[128], 2, new float[40]));
  }

  private static Int8Matrix toInt8(Kernels kernels, Bf16Matrix w) {
    return ((Int8Quantization) kernels).quantize(w, Arena.ofAuto());
  }

  private static float[] multiply(
      Kernels kernels, WeightMatrix w, Bf16Vector bias, float[] x, int rows) {
    float[] y = new float[rows * w.rows()];
    kernels.multiply(w, bias, x, rows, y);
    return y;
  }

  private static void assertSameBits(float[] expected, float[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      // Not raw, for which NaN it is is not promised.
      if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
        fail(what + ": element " + i + " is " + actual[i] + ", not " + expected[i]);
      }
    }
  }
}
