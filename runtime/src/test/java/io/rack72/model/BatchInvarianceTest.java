package io.rack72.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.rack72.kernel.Kernels;
import io.rack72.kernel.VectorKernels;
import io.rack72.kernel.Workers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bits of a sequence's logits depend on nothing but the model and its tokens. */
class BatchInvarianceTest {
  private static final Kernels KERNELS = new VectorKernels(new Workers(1));
  private static final String PROMPT = "len200";
  private static final int GREEDY_TOKENS = 8;
  private static final int OTHERS = 32;

  @ParameterizedTest
  @CsvSource({
    "tiny, 1, 16",
    "tiny, 8, 512",
    "tiny, 72, 16",
    "tiny, 72, 1",
    "small-odd, 1, 1",
    "small-odd, 8, 16",
    "small-odd, 72, 512",
    "wide, 1, 16",
    "wide, 8, 16",
    "wide, 72, 512",
  })
  void degreeAndChunkSizeChangeNoBit(String model, int degree, int chunk) {
    try (Golden golden = Golden.open(model)) {
      assertSameBits(alone(golden, 1, 512), alone(golden, degree, chunk));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiny, 1, 16", "tiny, 8, 512", "tiny, 72, 16",
    "small-odd, 1, 512", "small-odd, 8, 16", "small-odd, 72, 512",
    "wide, 1, 512", "wide, 8, 16", "wide, 72, 16",
  })
  void otherSequencesInTheBatchChangeNoBit(String model, int degree, int chunk) {
    try (Golden golden = Golden.open(model)) {
      assertSameBits(alone(golden, 1, 512), amongOthers(golden, degree, chunk));
    }
  }

  private static void assertSameBits(List<float[]> expected, List<float[]> actual) {
    // Without a tolerance, floats are compared by their bits.
    assertArrayEquals(expected.toArray(float[][]::new), actual.toArray(float[][]::new));
  }

  /** Logits after the prompt and after each of some greedy tokens. */
  private static List<float[]> alone(Golden golden, int degree, int chunk) {
    try (InMemoryRack rack = rack(golden, degree)) {
      InMemoryRack.Sequence sequence = rack.sequence(golden.prompt(PROMPT));
      List<float[]> trace = new ArrayList<>();
      trace.add(rack.prefill(sequence, chunk));
      while (trace.size() <= GREEDY_TOKENS) {
        sequence.append(InMemoryRack.argmax(trace.getLast()));
        trace.add(rack.prefill(sequence, chunk));
      }
      return trace;
    }
  }

  /** The same while other sequences are prefilled and decoded in the same steps, in any order. */
  private static List<float[]> amongOthers(Golden golden, int degree, int chunk) {
    Random random = new Random(degree * 1000L + chunk);
    try (InMemoryRack rack = rack(golden, degree)) {
      InMemoryRack.Sequence observed = rack.sequence(golden.prompt(PROMPT));
      List<InMemoryRack.Sequence> sequences = new ArrayList<>(List.of(observed));
      for (int i = 0; i < OTHERS; i++) {
        sequences.add(rack.sequence(randomPrompt(golden, random)));
      }
      List<float[]> trace = new ArrayList<>();
      while (trace.size() <= GREEDY_TOKENS) {
        Collections.shuffle(sequences, random);
        List<InMemoryRack.Share> shares =
            sequences.stream().map(sequence -> share(sequence, chunk, random)).toList();
        float[] logits = rack.step(shares);
        appendGreedyTokens(golden, shares, logits, observed, trace);
      }
      return trace;
    }
  }

  private static void appendGreedyTokens(
      Golden golden,
      List<InMemoryRack.Share> shares,
      float[] logits,
      InMemoryRack.Sequence observed,
      List<float[]> trace) {
    int vocabSize = golden.weights().config().vocabSize();
    int from = 0;
    for (InMemoryRack.Share share : shares) {
      if (share.logitRows() == 1) {
        float[] row = new float[vocabSize];
        System.arraycopy(logits, from, row, 0, vocabSize);
        from += vocabSize;
        share.sequence().append(InMemoryRack.argmax(row));
        if (share.sequence() == observed) {
          trace.add(row);
        }
      }
    }
  }

  private static InMemoryRack.Share share(
      InMemoryRack.Sequence sequence, int chunk, Random random) {
    int rows = 1 + random.nextInt(Math.min(chunk, sequence.uncomputed()));
    return new InMemoryRack.Share(sequence, rows, rows == sequence.uncomputed() ? 1 : 0);
  }

  private static int[] randomPrompt(Golden golden, Random random) {
    return random.ints(1 + random.nextInt(100), 0, golden.weights().config().vocabSize()).toArray();
  }

  private static InMemoryRack rack(Golden golden, int degree) {
    return new InMemoryRack(golden.weights(), KERNELS, degree, ForwardObserver.NONE);
  }
}
