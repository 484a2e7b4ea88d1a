package io.rack72.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.kernel.Kernels;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import io.rack72.model.ForwardObserver.Stage;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forward pass against OpenAI's reference implementation, on the golden checkpoints. */
class GoldenForwardTest {
  private static final Kernels KERNELS = new VectorKernels(new Workers(1));
  private static final int GREEDY_TOKENS = 64;

  @ParameterizedTest
  @CsvSource({
    "tiny, 1, 512", "tiny, 8, 16", "tiny, 72, 512", "tiny, 72, 1",
    "small-odd, 1, 16", "small-odd, 8, 512", "small-odd, 72, 16", "small-odd, 1, 1",
    "wide, 1, 512", "wide, 8, 1", "wide, 72, 16", "wide, 72, 512",
  })
  void greedyTokensAndLogitsAreTheReferences(String model, int degree, int chunk) {
    try (Golden golden = Golden.open(model);
        InMemoryRack rack =
            new InMemoryRack(golden.weights(), KERNELS, degree, ForwardObserver.NONE)) {
      int freeBlocks = rack.freeBlocks();
      for (String prompt : Golden.PROMPTS) {
        InMemoryRack.Sequence sequence = rack.sequence(golden.prompt(prompt));
        float[] logits = rack.prefill(sequence, chunk);
        assertLogitsClose(golden.floats(prompt + ".logits_last"), logits, prompt + " prompt");

        int[] tokens = new int[GREEDY_TOKENS];
        for (int i = 0; i < GREEDY_TOKENS; i++) {
          tokens[i] = InMemoryRack.argmax(logits);
          sequence.append(tokens[i]);
          logits = rack.prefill(sequence, chunk);
        }
        assertArrayEquals(golden.greedyTokens(prompt), tokens, prompt);
        assertLogitsClose(
            golden.floats(prompt + ".logits_after_greedy64"), logits, prompt + " continued");
        sequence.end();
      }
      assertEquals(freeBlocks, rack.freeBlocks());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tiny", "small-odd", "wide"})
  void logitsAtAllPositionsAreTheReferences(String model) {
    try (Golden golden = Golden.open(model);
        InMemoryRack rack = new InMemoryRack(golden.weights(), KERNELS, 8, ForwardObserver.NONE)) {
      int vocabSize = golden.weights().config().vocabSize();
      for (String prompt : Golden.PROMPTS) {
        int[] tokens = golden.prompt(prompt);
        float[] logits = rack.step(rack.sequence(tokens), tokens.length);
        int[] best = new int[tokens.length];
        for (int row = 0; row < tokens.length; row++) {
          best[row] =
              InMemoryRack.argmax(
                  Arrays.copyOfRange(logits, row * vocabSize, (row + 1) * vocabSize));
        }
        assertArrayEquals(golden.argmaxAtAllPositions(prompt), best, prompt);
        if (tokens.length <= 40) {
          assertLogitsClose(golden.floats(prompt + ".logits_all"), logits, prompt);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny, 1", "tiny, 8", "tiny, 72",
    "small-odd, 1", "small-odd, 8", "small-odd, 72",
    "wide, 1", "wide, 8", "wide, 72",
  })
  void statesOfEveryLayerAreTheReferences(String model, int degree) {
    Map<String, float[]> states = new HashMap<>();
    ForwardObserver recorder =
        (stage, layer, values, rows) -> states.put(stage + "." + layer, values.clone());
    try (Golden golden = Golden.open(model);
        InMemoryRack rack = new InMemoryRack(golden.weights(), KERNELS, degree, recorder)) {
      int layers = golden.weights().config().layers();
      rack.step(rack.sequence(golden.prompt("len7")), 7);

      assertArrayEquals(golden.floats("len7.embedding"), states.get(Stage.EMBEDDING + ".-1"));
      for (int layer = 0; layer < layers; layer++) {
        String name = "len7.layer" + layer;
        assertStateClose(
            golden, name + ".after_attention", states.get(Stage.AFTER_ATTENTION + "." + layer));
        assertStateClose(
            golden, name + ".router_logits", states.get(Stage.ROUTER_LOGITS + "." + layer));
        assertStateClose(golden, name + ".hidden", states.get(Stage.HIDDEN + "." + layer));
        Routing routing = rack.routings().get(layer);
        assertArrayEquals(golden.experts("len7", layer), routing.experts(), name);
        assertArrayEquals(golden.expertWeights("len7", layer), routing.weights(), 1e-4f, name);
      }
      assertStateClose(golden, "len7.final_norm", states.get(Stage.FINAL_NORM + "." + layers));

      rack.step(rack.sequence(golden.prompt("len200")), 200);
      int hiddenSize = golden.weights().config().hiddenSize();
      for (int layer = 0; layer < layers; layer++) {
        assertArrayEquals(
            golden.experts("len200", layer), rack.routings().get(layer).experts(), "len200");
        float[] hidden = states.get(Stage.HIDDEN + "." + layer);
        assertStateClose(
            golden,
            "len200.layer" + layer + ".hidden_last",
            Arrays.copyOfRange(hidden, hidden.length - hiddenSize, hidden.length));
      }
    }
  }

  private static void assertStateClose(Golden golden, String name, float[] actual) {
    float[] expected = golden.floats(name);
    assertEquals(expected.length, actual.length, name);
    double error = relativeL2(expected, actual);
    assertTrue(error < 1e-4, () -> name + " is off by " + error + " in relative L2");
  }

  private static void assertLogitsClose(float[] expected, float[] actual, String name) {
    assertEquals(expected.length, actual.length, name);
    double error = relativeL2(expected, actual);
    assertTrue(error < 1e-4, () -> name + ": logits are off by " + error + " in relative L2");
    assertArrayEquals(expected, actual, 2e-3f, name);
  }

  private static double relativeL2(float[] expected, float[] actual) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
