package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys and values are rounded as each format's contract says, wherever they lie. */
class KvFormatTest {
  private static final byte UNTOUCHED = 0x55;

  @ParameterizedTest
  @EnumSource(KvFormat.class)
  void vectorsAreReadAsTheContractSays(KvFormat format) {
    for (int dim : new int[] {1, 2, 16, 30, 32, 33, 64, 80, 127}) {
      for (int offset : new int[] {0, 1, 6}) {
        Samples samples = new Samples(dim + offset);
        int vectors = 3;
        float[] x = samples.floats(1 + vectors * dim);
        for (int i = 0; i < x.length; i += 7) {
          // Large and tiny ones beside those of every day.
          x[i] = Math.scalb(x[i], samples.between(-140, 100));
        }
        float[] read = storeAndRead(format, x, 1, vectors, dim, offset);
        for (int v = 0; v < vectors; v++) {
          float[] expected = rounded(format, Arrays.copyOfRange(x, 1 + v * dim, 1 + (v + 1) * dim));
          for (int d = 0; d < dim; d++) {
            assertEquals(
                Float.floatToIntBits(expected[d]),
                Float.floatToIntBits(read[v * dim + d]),
                "%s, %d of %d, element %d: %s".formatted(format, v, dim, d, x[1 + v * dim + d]));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      floats = {
        0f,
        -0f,
        Float.MIN_VALUE,
        -0x1p-127f,
        0x1p-101f,
        0x1.fffp-101f,
        0x1p-100f,
        0x1.01p0f,
        0x1.03p0f,
        0x1.010002p0f,
        -65504f,
        0x1.fep127f,
        Float.MAX_VALUE,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN
      })
  void rareNumbersAreRoundedAsTheContractSays(float rare) {
    for (KvFormat format : KvFormat.values()) {
      float[] x = new float[64];
      Arrays.fill(x, 32, 64, 1);
      x[5] = rare;
      float[] read = storeAndRead(format, x, 0, 1, 64, 0);
      float[] expected = rounded(format, x);
      for (int d = 0; d < 64; d++) {
        assertEquals(
            Float.floatToIntBits(expected[d]), Float.floatToIntBits(read[d]), format + " " + d);
      }
    }
  }

  @Test
  void bfloat16IsTheNearestOneAndTheEvenOfTwo() {
    float[] x = {0x1.01p0f, 0x1.03p0f, 0x1.010002p0f, 0x1.00fffep0f, Float.MAX_VALUE};
    float[] expected = {1, 0x1.04p0f, 0x1.02p0f, 1, Float.POSITIVE_INFINITY};
    assertEquals(
        Arrays.toString(expected), Arrays.toString(storeAndRead(KvFormat.BF16, x, 0, 1, 5, 0)));
  }

  @Test
  void eightBitNumbersAreOffByHalfAStepAtMost() {
    float[] x = new Samples(1).floats(64);
    float[] read = storeAndRead(KvFormat.INT8, x, 0, 1, 64, 0);
    for (int block = 0; block < 2; block++) {
      float most = 0;
      for (int d = 0; d < 32; d++) {
        most = Math.max(most, Math.abs(x[32 * block + d]));
      }
      for (int d = 32 * block; d < 32 * block + 32; d++) {
        assertTrue(Math.abs(read[d] - x[d]) <= most / 254 * 1.0001f, x[d] + " is " + read[d]);
      }
    }
  }

  @Test
  void vectorsTakeAsMuchMemoryAsTold() {
    assertEquals(256, KvFormat.FLOAT32.vectorBytes(64));
    assertEquals(128, KvFormat.BF16.vectorBytes(64));
    assertEquals(72, KvFormat.INT8.vectorBytes(64));
    assertEquals(33 + 8, KvFormat.INT8.vectorBytes(33));
  }

  /** Also checks that nothing around the vectors is written. */
  private static float[] storeAndRead(
      KvFormat format, float[] x, int from, int vectors, int dim, int offset) {
    int bytes = format.vectorBytes(dim);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(offset + (long) vectors * bytes + 8, 8);
      block.fill(UNTOUCHED);
      for (int v = 0; v < vectors; v++) {
        format.store(x, from + v * dim, dim, block, offset + (long) v * bytes);
      }
      for (long i = 0; i < block.byteSize(); i++) {
        if (i < offset || i >= offset + (long) vectors * bytes) {
          assertEquals(UNTOUCHED, block.get(ValueLayout.JAVA_BYTE, i), format + " writes " + i);
        }
      }
      float[] read = new float[vectors * dim + 2];
      KvReader.read(format, block, offset, vectors, dim, read, 1);
      assertEquals(0, read[0]);
      assertEquals(0, read[vectors * dim + 1]);
      return Arrays.copyOfRange(read, 1, 1 + vectors * dim);
    }
  }

  /** A vector as it is read again, element by element. */
  static float[] rounded(KvFormat format, float[] x) {
    float[] out = x.clone();
    if (format == KvFormat.BF16) {
      for (int i = 0; i < x.length; i++) {
        out[i] = nearestBf16(x[i]);
      }
    } else if (format == KvFormat.INT8) {
      for (int first = 0; first < x.length; first += 32) {
        float most = 0;
        for (int i = first; i < Math.min(first + 32, x.length); i++) {
          most =
              Float.isNaN(x[i]) || Float.isNaN(most) ? Float.NaN : Math.max(most, Math.abs(x[i]));
        }
        for (int i = first; i < Math.min(first + 32, x.length); i++) {
          if (Float.isNaN(most) || Float.isInfinite(most)) {
            out[i] = Float.NaN;
          } else if (most < 0x1p-100f) {
            out[i] = 0;
          } else {
            float whole = (float) Math.rint(x[i] * (127 / most)) + 0f;
            out[i] = whole * (most / 127);
          }
        }
      }
    }
    return out;
  }

  /** Of the two bfloat16 around a float the nearer one, by their distances. */
  private static float nearestBf16(float x) {
    if (Float.isNaN(x) || Float.isInfinite(x)) {
      return x;
    }
    int lower = Float.floatToRawIntBits(x) & 0xFFFF_0000;
    double below = Math.abs((double) x - Float.intBitsToFloat(lower));
    // Beyond the largest one infinity stands for 2^128.
    float next = Float.intBitsToFloat(lower + 0x1_0000);
    double above = Math.abs((Float.isInfinite(next) ? Math.copySign(0x1p128, x) : next) - x);
    boolean lowerIsEven = (lower >>> 16 & 1) == 0;
    return below < above || (below == above && lowerIsEven) ? Float.intBitsToFloat(lower) : next;
  }
}
