package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import io.rack72.kernel.Kernels.SequenceRows;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits of the vector kernels, at every vector width, against the contract in plain loops. */
class KernelBitsTest {
  private static final Workers WORKERS = new Workers(3);

  private final Kernels scalar = new ScalarKernels();

  @AfterAll
  static void closeWorkers() {
    WORKERS.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void nameTellsTheVectorWidth(int bits) {
    assertEquals("vector-" + bits, ShapeLoader.kernels(bits, WORKERS).name());
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void bf16ProductHasTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int seed = 0; seed < 30; seed++) {
      Samples samples = new Samples(seed);
      int rows = samples.between(1, 40);
      int outputs = samples.between(1, 50);
      int columns = samples.between(1, seed % 10 == 0 ? 1200 : 200);
      Bf16Matrix w = samples.bf16Matrix(outputs, columns);
      Bf16Vector bias = seed % 3 == 0 ? null : samples.bf16Vector(outputs);
      assertSameProduct(vector, w, bias, rows, samples);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void mxfp4ProductHasTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int seed = 0; seed < 30; seed++) {
      Samples samples = new Samples(seed);
      int rows = samples.between(1, 40);
      int outputs = samples.between(1, 50);
      int columns = 32 * samples.between(1, seed % 10 == 0 ? 40 : 6);
      Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns);
      Bf16Vector bias = seed % 3 == 0 ? null : samples.bf16Vector(outputs);
      assertSameProduct(vector, w, bias, rows, samples);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void productsOfExtremeScalesAndInputsHaveTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    int outputs = 13;
    int columns = 96;
    for (int rows = 1; rows <= 9; rows++) {
      Samples samples = new Samples(rows);
      float[] x = samples.floats(rows * columns);
      x[samples.between(0, x.length - 1)] = Float.POSITIVE_INFINITY;
      x[samples.between(0, x.length - 1)] = Float.NaN;
      x[samples.between(0, x.length - 1)] = -0f;
      x[samples.between(0, x.length - 1)] = Float.MIN_VALUE;
      for (int[] scales : new int[][] {{0, 3}, {0, 255}, {250, 254}, {255, 255}}) {
        Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns, scales[0], scales[1]);
        float[] expected = new float[rows * outputs];
        float[] actual = new float[rows * outputs];
        scalar.multiply(w, null, x, rows, expected);
        vector.multiply(w, null, x, rows, actual);
        assertSameBits(expected, actual, "scales " + Arrays.toString(scales));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void productsHaveTheBitsOfTheContractAroundTheSizesOfTheirParts(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    int outputs = 13;
    for (int columns : new int[] {479, 480, 481, 512, 544, 545, 800, 801, 1057}) {
      for (int rows : new int[] {3, 4, 5, 127, 128, 129, 130, 131, 133, 257}) {
        Samples samples = new Samples(columns + rows);
        Bf16Vector bias = samples.bf16Vector(outputs);
        assertSameProduct(vector, samples.bf16Matrix(outputs, columns), bias, rows, samples);
        if (columns % Mxfp4Matrix.BLOCK == 0) {
          assertSameProduct(vector, samples.mxfp4Matrix(outputs, columns), bias, rows, samples);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void productsThatAreSharedAddTheBiasOfEachOutput(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    int outputs = 1003;
    for (int rows : new int[] {1, 2, 3, 7}) {
      Samples samples = new Samples(rows);
      Bf16Vector bias = samples.bf16Vector(outputs);
      assertSameProduct(vector, samples.bf16Matrix(outputs, 547), bias, rows, samples);
      assertSameProduct(vector, samples.mxfp4Matrix(outputs, 544), bias, rows, samples);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void sumOfMinusZeroStaysThatWithoutABias(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int rows : new int[] {1, 7}) {
      MemorySegment tiny = Arena.ofAuto().allocate(2L * 3 * 32, 2);
      for (int i = 0; i < 3 * 32; i++) {
        int weight = Float.floatToIntBits(Math.scalb(-1f, -100));
        tiny.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (weight >>> 16));
      }
      float[] x = new float[rows * 32];
      Arrays.fill(x, Float.MIN_VALUE);
      float[] actual = new float[rows * 3];
      float[] expected = new float[rows * 3];
      Arrays.fill(expected, -0f);
      vector.multiply(new Bf16Matrix(tiny, 3, 32), null, x, rows, actual);
      assertSameBits(expected, actual, rows + " rows");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void productOfNoColumnsIsTheBias(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int rows : new int[] {1, 7}) {
      Samples samples = new Samples(rows);
      // Leaves sums behind that are not zero.
      assertSameProduct(vector, samples.bf16Matrix(5, 64), null, rows, samples);
      Bf16Vector bias = samples.bf16Vector(5);
      assertSameProduct(vector, samples.bf16Matrix(5, 0), bias, rows, samples);
      assertSameProduct(vector, samples.mxfp4Matrix(5, 0), null, rows, samples);
    }
  }

  private void assertSameProduct(
      Kernels kernels, WeightMatrix w, Bf16Vector bias, int rows, Samples samples) {
    float[] x = samples.floats(rows * w.columns());
    float[] expected = new float[rows * w.rows()];
    float[] actual = new float[rows * w.rows()];
    scalar.multiply(w, bias, x, rows, expected);
    kernels.multiply(w, bias, x, rows, actual);
    assertSameBits(expected, actual, rows + " rows, " + w.rows() + " x " + w.columns());
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void rowOfAProductDoesNotDependOnTheRowsBesideIt(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    int outputs = 31;
    int columns = 32 * 35;
    int rows = 300;
    Samples samples = new Samples(5);
    Mxfp4Matrix w = samples.mxfp4Matrix(outputs, columns);
    float[] x = samples.floats(rows * columns);
    float[] together = new float[rows * outputs];
    vector.multiply(w, null, x, rows, together);
    for (int row = 0; row < rows; row += 37) {
      float[] alone = new float[outputs];
      vector.multiply(w, null, Arrays.copyOfRange(x, row * columns, (row + 1) * columns), 1, alone);
      float[] there = Arrays.copyOfRange(together, row * outputs, (row + 1) * outputs);
      assertSameBits(alone, there, "row " + row);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void normHasTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int width = 1; width < 120; width += 7) {
      Samples samples = new Samples(width);
      int rows = samples.between(1, 5);
      float[] x = samples.floats(rows * width);
      float[] weight = samples.floats(width);
      float[] expected = new float[x.length];
      scalar.rmsNorm(x, rows, weight, 1e-5f, expected);
      vector.rmsNorm(x, rows, weight, 1e-5f, x);
      assertSameBits(expected, x, "width " + width);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void elementwiseKernelsHaveTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    for (int width = 1; width < 80; width += 3) {
      Samples samples = new Samples(width);
      float[] gateUp = samples.floats(3 * 2 * width);
      for (int i = 0; i < gateUp.length; i++) {
        gateUp[i] *= 10;
      }
      float[] expected = new float[3 * width];
      float[] actual = new float[3 * width];
      scalar.swiglu(gateUp, 3, width, 7, expected);
      vector.swiglu(gateUp, 3, width, 7, actual);
      assertSameBits(expected, actual, "swiglu " + width);

      scalar.addScaled(0.3f, gateUp, 2, expected, 1, width - 1);
      vector.addScaled(0.3f, gateUp, 2, actual, 1, width - 1);
      assertSameBits(expected, actual, "addScaled " + width);

      float[] heads = samples.floats(2 * 3 * 2 * width);
      float[] rotated = heads.clone();
      float[] cosines = samples.floats(2 * width);
      float[] sines = samples.floats(2 * width);
      scalar.rotate(heads, 2, 3, 2 * width, cosines, sines);
      vector.rotate(rotated, 2, 3, 2 * width, cosines, sines);
      assertSameBits(heads, rotated, "rotate " + width);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void attentionHasTheBitsOfTheContract(int bits) {
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    int[] headDims = {2, 4, 30, 32, 64, 80};
    for (int seed = 0; seed < 24; seed++) {
      Samples samples = new Samples(seed);
      int kvHeads = samples.between(1, 3);
      AttentionShape shape =
          new AttentionShape(
              kvHeads * samples.between(1, 5), kvHeads, headDims[seed % headDims.length], 0.3f);
      int positions = samples.between(1, 130);
      int rows = samples.between(1, Math.min(40, positions));
      int window = seed % 2 == 0 ? 0 : samples.between(1, 70);
      int blockTokens = samples.between(1, 40);
      float[] keys = samples.floats(positions * kvHeads * shape.headDim());
      float[] values = samples.floats(positions * kvHeads * shape.headDim());
      KvPages pages = Samples.pages(KvFormat.FLOAT32, shape, positions, blockTokens, keys, values);
      float[] sinks = samples.floats(shape.queryHeads());
      if (seed % 5 == 0) {
        sinks[0] = Float.NEGATIVE_INFINITY;
      }
      int firstRow = samples.between(0, 3);
      float[] queries = samples.floats((firstRow + rows) * shape.queryHeads() * shape.headDim());
      float[] expected = new float[queries.length];
      float[] actual = new float[queries.length];
      int first = positions - rows;
      List<SequenceRows> sequences = List.of(new SequenceRows(pages, firstRow, rows, first));
      scalar.attend(shape, sequences, sinks, queries, window, expected);
      vector.attend(shape, sequences, sinks, queries, window, actual);
      assertSameBits(
          expected,
          actual,
          shape
              + ", %d rows to %d, window %d, blocks of %d"
                  .formatted(rows, positions, window, blockTokens));
    }
  }

  /** Long contexts, which one worker computes in whole and many in spans. */
  @ParameterizedTest
  @CsvSource({"1, 512", "3, 128", "3, 512", "64, 256", "64, 512"})
  void attentionOverLongContextsHasTheBitsOfTheContract(int cores, int bits) {
    // Rows on both sides of where a span begins, or where a window does; and far from it.
    int[][] cases = {
      {0, 1024, 9},
      {0, 1040, 40},
      {0, 2049, 1},
      {0, 3500, 3},
      {40, 1040, 9},
      {40, 1080, 40},
      {1500, 2540, 40},
      {1500, 3580, 40},
      {3000, 3500, 2}
    };
    try (Workers workers = new Workers(cores)) {
      for (KvFormat format : KvFormat.values()) {
        Kernels vector = ShapeLoader.kernels(bits, workers, format);
        for (int i = 0; i < cases.length; i++) {
          Samples samples = new Samples(i);
          int headDim = i % 2 == 0 ? 40 : 6;
          AttentionShape shape = new AttentionShape(4, 2, headDim, 0.3f);
          int window = cases[i][0];
          float[] sinks = samples.floats(4);
          if (i % 3 == 0) {
            sinks[1] = Float.NEGATIVE_INFINITY;
          }
          List<SequenceRows> stored = new ArrayList<>();
          List<SequenceRows> rounded = new ArrayList<>();
          int row = samples.between(0, 2);
          // Beside it a short one, with much less work.
          for (int[] one :
              new int[][] {cases[i], {window, 200, 2}, cases[(i + 1) % cases.length]}) {
            int positions = one[1];
            int rows = one[2];
            int blockTokens = samples.between(1, 40);
            float[] keys = samples.floats(positions * 2 * headDim);
            float[] values = samples.floats(positions * 2 * headDim);
            KvPages pages = Samples.pages(format, shape, positions, blockTokens, keys, values);
            stored.add(new SequenceRows(pages, row, rows, positions - rows));
            KvPages plain =
                Samples.pages(
                    KvFormat.FLOAT32,
                    shape,
                    positions,
                    blockTokens,
                    rounded(format, keys, headDim),
                    rounded(format, values, headDim));
            rounded.add(new SequenceRows(plain, row, rows, positions - rows));
            row += rows;
          }
          float[] queries = samples.floats(row * 4 * headDim);
          float[] expected = new float[queries.length];
          float[] actual = new float[queries.length];
          scalar.attend(shape, rounded, sinks, queries, window, expected);
          vector.attend(shape, stored, sinks, queries, window, actual);
          assertSameBits(expected, actual, format + ", case " + i);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void attentionReadsKeysAndValuesAsTheyWereRounded(int bits) {
    for (int seed = 0; seed < 24; seed++) {
      Samples samples = new Samples(seed);
      KvFormat format = seed % 2 == 0 ? KvFormat.BF16 : KvFormat.INT8;
      AttentionShape shape = new AttentionShape(4, 2, new int[] {30, 64, 80}[seed % 3], 0.3f);
      int positions = samples.between(1, 130);
      int rows = samples.between(1, Math.min(40, positions));
      int blockTokens = samples.between(1, 40);
      float[] keys = samples.floats(positions * 2 * shape.headDim());
      float[] values = samples.floats(positions * 2 * shape.headDim());
      KvPages pages = Samples.pages(format, shape, positions, blockTokens, keys, values);
      KvPages rounded =
          Samples.pages(
              KvFormat.FLOAT32,
              shape,
              positions,
              blockTokens,
              rounded(format, keys, shape.headDim()),
              rounded(format, values, shape.headDim()));
      float[] sinks = samples.floats(4);
      float[] queries = samples.floats(rows * 4 * shape.headDim());
      float[] expected = new float[queries.length];
      float[] actual = new float[queries.length];
      int first = positions - rows;
      Kernels vector = ShapeLoader.kernels(bits, WORKERS, format);
      scalar.attend(
          shape, List.of(new SequenceRows(rounded, 0, rows, first)), sinks, queries, 0, expected);
      vector.attend(
          shape, List.of(new SequenceRows(pages, 0, rows, first)), sinks, queries, 0, actual);
      assertSameBits(expected, actual, format + " " + shape + ", " + positions + " positions");
    }
  }

  private static float[] rounded(KvFormat format, float[] x, int headDim) {
    float[] out = new float[x.length];
    for (int from = 0; from < x.length; from += headDim) {
      float[] vector = KvFormatTest.rounded(format, Arrays.copyOfRange(x, from, from + headDim));
      System.arraycopy(vector, 0, out, from, headDim);
    }
    return out;
  }

  @ParameterizedTest
  @MethodSource("widthsOfThisMachine")
  void bitsStayTheSameWhenTheCodeGetsCompiled(int bits) {
    // The first rounds are interpreted, the last ones run as optimised machine code.
    Kernels vector = ShapeLoader.kernels(bits, WORKERS);
    float[] expected = manyResults(scalar, new Samples(7), 1).getFirst();
    for (float[] actual : manyResults(vector, new Samples(7), 600)) {
      assertSameBits(expected, actual, "compiled");
    }
  }

  /** Those that have instructions here; others are computed lane by lane, compiled or not. */
  static IntStream widthsOfThisMachine() {
    return IntStream.of(128, 256, 512).filter(bits -> bits <= Simd.FLOATS.vectorBitSize());
  }

  /** The results of a few kernels behind one another, computed as often as wanted. */
  private static List<float[]> manyResults(Kernels kernels, Samples samples, int rounds) {
    int rows = 6;
    int width = 512;
    Bf16Matrix bf16 = samples.bf16Matrix(width, 352);
    Mxfp4Matrix mxfp4 = samples.mxfp4Matrix(352, width);
    AttentionShape shape = new AttentionShape(8, 2, 64, 0.125f);
    float[] kv = samples.floats(100 * 2 * 64);
    KvPages pages = Samples.pages(KvFormat.FLOAT32, shape, 100, 16, kv, kv);
    float[] sinks = samples.floats(8);
    float[] norm = samples.floats(352);
    float[] x = samples.floats(rows * 352);
    List<float[]> results = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      float[] queries = new float[rows * width];
      float[] values = new float[rows * width];
      float[] hidden = new float[rows * 352];
      kernels.multiply(bf16, null, x, 1, queries);
      kernels.multiply(bf16, null, x, rows, queries);
      kernels.attend(
          shape, List.of(new SequenceRows(pages, 0, rows, 100 - rows)), sinks, queries, 0, values);
      kernels.multiply(mxfp4, null, values, rows, hidden);
      kernels.multiply(mxfp4, null, values, 1, hidden);
      kernels.rmsNorm(hidden, rows, norm, 1e-5f, hidden);
      float[] activated = new float[rows * 176];
      kernels.swiglu(hidden, rows, 176, 7, activated);
      results.add(activated);
    }
    return results;
  }

  private static void assertSameBits(float[] expected, float[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(expected[i]) != Float.floatToIntBits(actual[i])) {
        fail(what + ": element " + i + " is " + actual[i] + ", not " + expected[i]);
      }
    }
  }
}
