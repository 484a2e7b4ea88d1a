package io.rack72.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.Workers;
import io.rack72.text.Tokenizer;
import io.rack72.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fast mode is one function, and close to the exact one. */
class FastModeTest {
  private static final Workers WORKERS = new Workers(2);

  @AfterAll
  static void closeWorkers() {
    WORKERS.close();
  }

  /**
   * The median over all positions of the relative L2 distance of the logits. These checkpoints are
   * random, which is harder than trained ones: their routers decide by hairs, and a token that
   * takes another expert goes its own way. The bounds are a third above what was seen.
   */
  @ParameterizedTest
  @CsvSource({
    "tiny, INT8, FLOAT32, 0.08",
    "tiny, INT8, BF16, 0.068",
    "tiny, INT8, INT8, 0.087",
    "tiny, BF16, BF16, 0.032",
    "small-odd, INT8, FLOAT32, 0.052",
    "small-odd, INT8, BF16, 0.058",
    "small-odd, INT8, INT8, 0.061",
    "small-odd, BF16, BF16, 0.028",
    "wide, INT8, FLOAT32, 0.19",
    "wide, INT8, BF16, 0.198",
    "wide, INT8, INT8, 0.214",
    "wide, BF16, BF16, 0.054",
  })
  void logitsOfRandomModelsStayCloseToTheExactOnes(
      String model, Numerics.DenseWeights dense, KvFormat kv, double bound) {
    try (Golden golden = Golden.open(model)) {
      List<Double> errors = new ArrayList<>();
      for (String prompt : List.of("len7", "len40", "len200")) {
        errors.addAll(distances(golden.checkpoint(), dense, kv, golden.prompt(prompt)));
      }
      double median = median(errors);
      assertTrue(median < bound, "%.4f".formatted(median));
    }
  }

  /** The same for the trained model that comes with the project. */
  @ParameterizedTest
  @CsvSource({"INT8, FLOAT32, 0.025", "INT8, BF16, 0.03", "INT8, INT8, 0.036", "BF16, BF16, 0.024"})
  void logitsOfTheBundledModelStayCloseToTheExactOnes(
      Numerics.DenseWeights dense, KvFormat kv, double bound) {
    Path directory = Path.of("../models/rack72-mini");
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      Tokenizer tokenizer =
          Tokenizers.forCheckpoint(directory, checkpoint.config().vocabSize()).orElseThrow();
      int[] tokens =
          tokenizer.encode(
              "What is 347 + 285? Sort these words: tea, rabbit, lamp. How many GPUs has the rack?"
                  + " The rack has 72 GPUs. Call the function set_light with the room kitchen.");
      double median = median(distances(checkpoint, dense, kv, tokens));
      assertTrue(median < bound, "%.4f".formatted(median));
    }
  }

  /** For each position. */
  private static List<Double> distances(
      Checkpoint checkpoint, Numerics.DenseWeights dense, KvFormat kv, int[] tokens) {
    try (Numerics exact = Numerics.exact(checkpoint, WORKERS);
        Numerics fast = Numerics.fast(checkpoint, WORKERS, FastKernels.Choice.AUTO, dense, kv)) {
      float[] expected = logits(exact, tokens);
      float[] actual = logits(fast, tokens);
      int width = expected.length / tokens.length;
      return IntStream.range(0, tokens.length)
          .mapToObj(p -> distance(expected, actual, p * width, width))
          .toList();
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({
    "tiny, AUTO, 72, 16, INT8",
    "tiny, AVX2, 8, 1, BF16",
    "tiny, JAVA, 8, 512, FLOAT32",
    "small-odd, AUTO, 8, 16, INT8",
    "small-odd, AVX2, 72, 16, BF16",
    "small-odd, JAVA, 72, 1, FLOAT32",
    "wide, AUTO, 72, 512, INT8",
    "wide, AVX512, 8, 512, INT8",
    "wide, AVX2, 1, 16, FLOAT32",
    "wide, JAVA, 8, 16, INT8",
  })
  void kernelsDegreeAndChunkSizeChangeNoBit(
      String model, FastKernels.Choice choice, int degree, int chunk, KvFormat kv) {
    try (Golden golden = Golden.open(model);
        Numerics reference = fast(golden, FastKernels.Choice.JAVA, kv);
        Numerics numerics = fast(golden, available(choice), kv)) {
      int[] prompt = golden.prompt("len200");
      assertArrayEquals(trace(reference, prompt, 1, 512), trace(numerics, prompt, degree, chunk));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "INT8, BF16, fast-int8-kv-bf16",
    "INT8, INT8, fast-int8-kv-int8",
    "BF16, FLOAT32, fast-bf16-kv-float32",
  })
  void theNameTellsAllThatTokensDependOn(Numerics.DenseWeights dense, KvFormat kv, String name) {
    try (Golden golden = Golden.open("tiny");
        Numerics numerics =
            Numerics.fast(golden.checkpoint(), WORKERS, FastKernels.Choice.JAVA, dense, kv)) {
      assertEquals(name, numerics.mode());
      assertEquals(kv, numerics.kernels().kvFormat());
    }
  }

  /** Logits after the prompt and after each of some greedy tokens. */
  private static float[][] trace(Numerics numerics, int[] prompt, int degree, int chunk) {
    try (InMemoryRack rack = rack(numerics, degree)) {
      InMemoryRack.Sequence sequence = rack.sequence(prompt);
      List<float[]> trace = new ArrayList<>();
      trace.add(rack.prefill(sequence, chunk));
      while (trace.size() < 6) {
        sequence.append(InMemoryRack.argmax(trace.getLast()));
        trace.add(rack.prefill(sequence, chunk));
      }
      return trace.toArray(float[][]::new);
    }
  }

  private static float[] logits(Numerics numerics, int[] tokens) {
    try (InMemoryRack rack = rack(numerics, 1)) {
      return rack.step(rack.sequence(tokens), tokens.length);
    }
  }

  private static double distance(float[] expected, float[] actual, int from, int length) {
    double difference = 0;
    double size = 0;
    for (int i = from; i < from + length; i++) {
      double d = actual[i] - expected[i];
      difference += d * d;
      size += (double) expected[i] * expected[i];
    }
    return Math.sqrt(difference / size);
  }

  /** The choice, or the best there is where this machine or build lacks it. */
  private static FastKernels.Choice available(FastKernels.Choice choice) {
    return FastKernels.isAvailable(choice) ? choice : FastKernels.Choice.AUTO;
  }

  private static Numerics fast(Golden golden, FastKernels.Choice choice, KvFormat kv) {
    return Numerics.fast(golden.checkpoint(), WORKERS, choice, Numerics.DenseWeights.INT8, kv);
  }

  private static InMemoryRack rack(Numerics numerics, int degree) {
    return new InMemoryRack(numerics.weights(), numerics.kernels(), degree, ForwardObserver.NONE);
  }
}
