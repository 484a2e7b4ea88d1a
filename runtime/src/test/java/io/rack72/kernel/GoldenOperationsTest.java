package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.RopeScaling;
import io.rack72.kernel.Kernels.AttentionShape;
import io.rack72.kernel.Kernels.KvPages;
import io.rack72.kernel.Kernels.SequenceRows;
import io.rack72.tensor.Mxfp4Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Single operations against those of the reference implementation, {@code golden/ops.json}. */
class GoldenOperationsTest {
  private static JsonNode golden;

  private final Workers alone = new Workers(1);
  private final Kernels kernels = new VectorKernels(alone);

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = GoldenOperationsTest.class.getResourceAsStream("/golden/ops.json")) {
      golden = new ObjectMapper().readTree(in);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5})
  void mxfp4ValuesAreExact(int copies) {
    JsonNode mxfp4 = golden.get("mxfp4");
    for (int block = 0; block < mxfp4.get("values").size(); block++) {
      float[] codes = floats(mxfp4.get("blocks_bytes").get(block));
      byte[] bytes = new byte[16];
      for (int i = 0; i < 16; i++) {
        bytes[i] = (byte) (int) codes[i];
      }
      byte[] scale = {(byte) mxfp4.get("scale_bytes").get(block).intValue()};
      Mxfp4Matrix w =
          new Mxfp4Matrix(MemorySegment.ofArray(bytes), MemorySegment.ofArray(scale), 1, 32);
      float[] values = floats(mxfp4.get("values").get(block));
      for (int i = 0; i < 32; i++) {
        float[] unit = new float[32 * copies];
        for (int r = 0; r < copies; r++) {
          unit[r * 32 + i] = 1;
        }
        float[] y = new float[copies];
        kernels.multiply(w, null, unit, copies, y);
        for (float value : y) {
          // Adding zero makes a negative zero positive, as the running sum does.
          assertEquals(values[i] + 0f, value);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"yarn_head_dim_64", "yarn_head_dim_32"})
  void rotaryTableIsThatOfYarn(String name) {
    JsonNode yarn = golden.get(name);
    int half = yarn.get("inv_freq_float64").size();
    RotaryTable table = new RotaryTable(config(2 * half, yarn));
    for (int i = 0; i < half; i++) {
      double frequency = yarn.get("inv_freq_float64").get(i).doubleValue();
      assertEquals(frequency, table.frequency(i), frequency * 1e-12);
    }
    assertEquals(yarn.get("concentration").doubleValue(), table.concentration(), 1e-12);
    float[] positions = floats(yarn.get("positions"));
    int[] rows = new int[positions.length];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = (int) positions[r];
    }
    float[] cosines = new float[rows.length * half];
    float[] sines = new float[rows.length * half];
    table.fill(rows, rows.length, cosines, sines);
    assertClose(rows2d(yarn.get("cos_times_concentration_float64")), cosines);
    assertClose(rows2d(yarn.get("sin_times_concentration_float64")), sines);
  }

  @Test
  void swigluIsThatOfTheReference() {
    JsonNode swiglu = golden.get("swiglu");
    float[] expected = floats(swiglu.get("output"));
    float[] actual = new float[expected.length];
    float limit = swiglu.get("limit").floatValue();
    kernels.swiglu(floats(swiglu.get("input")), 1, expected.length, limit, actual);
    assertClose(expected, actual);
  }

  @Test
  void normIsThatOfTheReference() {
    JsonNode norm = golden.get("rmsnorm");
    float[] x = rows2d(norm.get("input"));
    float[] actual = new float[x.length];
    float epsilon = norm.get("eps").floatValue();
    kernels.rmsNorm(x, norm.get("input").size(), floats(norm.get("weight")), epsilon, actual);
    assertClose(rows2d(norm.get("output")), actual);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void attentionIsThatOfTheReference(int window) {
    JsonNode attention = golden.get("attention_with_sinks");
    JsonNode q = attention.get("q");
    int tokens = q.size();
    int queryHeads = q.get(0).size();
    int kvHeads = attention.get("k").get(0).size();
    int dim = q.get(0).get(0).size();
    AttentionShape shape =
        new AttentionShape(queryHeads, kvHeads, dim, attention.get("scale").floatValue());
    float[] keys = rows3d(attention.get("k"));
    float[] values = rows3d(attention.get("v"));
    KvPages pages = Samples.pages(KvFormat.FLOAT32, shape, tokens, 4, keys, values);
    float[] actual = new float[tokens * queryHeads * dim];
    float[] sinks = floats(attention.get("sinks"));
    List<SequenceRows> sequences = List.of(new SequenceRows(pages, 0, tokens, 0));
    kernels.attend(shape, sequences, sinks, rows3d(q), window, actual);
    String name = window == 0 ? "output_full" : "output_window_" + window;
    assertClose(rows2d(attention.get(name)), actual);
  }

  private static ModelConfig config(int headDim, JsonNode yarn) {
    RopeScaling scaling =
        new RopeScaling(
            yarn.get("factor").doubleValue(),
            yarn.get("beta_fast").doubleValue(),
            yarn.get("beta_slow").doubleValue(),
            yarn.get("original_max_position_embeddings").intValue(),
            yarn.get("truncate").booleanValue());
    return new ModelConfig(
        512,
        64,
        List.of(true, false),
        4,
        2,
        headDim,
        8,
        4,
        64,
        128,
        131072,
        1e-5f,
        yarn.get("rope_theta").doubleValue(),
        scaling,
        7f);
  }

  private static void assertClose(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      float at = expected[i];
      assertEquals(at, actual[i], 1e-6f + 1e-6f * Math.abs(at), "element " + i);
    }
  }

  private static float[] floats(JsonNode list) {
    float[] out = new float[list.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) list.get(i).doubleValue();
    }
    return out;
  }

  private static float[] rows2d(JsonNode rows) {
    int width = rows.get(0).size();
    float[] out = new float[rows.size() * width];
    for (int r = 0; r < rows.size(); r++) {
      System.arraycopy(floats(rows.get(r)), 0, out, r * width, width);
    }
    return out;
  }

  private static float[] rows3d(JsonNode planes) {
    int size = planes.get(0).size() * planes.get(0).get(0).size();
    float[] out = new float[planes.size() * size];
    for (int p = 0; p < planes.size(); p++) {
      System.arraycopy(rows2d(planes.get(p)), 0, out, p * size, size);
    }
    return out;
  }
}
