package io.rack72.sampling;

import static io.rack72.sampling.ParamsBuilder.params;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.kernel.ShapeLoader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Choices and logprobs at every vector width, against the contract without tolerance. */
class SamplerBitsTest {
  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void choosesWhatThePlainSamplerChooses(int bits) {
    WidthSampler sampler = new WidthSampler(bits);
    SplittableRandom random = new SplittableRandom(1);
    for (TestLogits kind : TestLogits.values()) {
      for (int round = 0; round < 120; round++) {
        float[] logits = kind.row(random, random.nextInt(1, round % 10 == 0 ? 9000 : 400));
        SamplingParams params = anyParams(random, logits.length);
        for (int position = 0; position < 3; position++) {
          assertEquals(
              PlainSampler.choose(logits, params, position),
              sampler.sample(logits, params, position).id(),
              () -> kind + " of " + logits.length + ", " + params);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void choosesWhatThePlainSamplerChoosesFromAWholeVocabulary(int bits) {
    WidthSampler sampler = new WidthSampler(bits);
    SplittableRandom random = new SplittableRandom(2);
    for (TestLogits kind : TestLogits.values()) {
      float[] logits = kind.row(random, 201_088);
      List<ParamsBuilder> choices =
          List.of(
              params(),
              params().topP(0.9),
              params().topP(0.2).temperature(2),
              params().topP(0.99).minP(0.1),
              params().topK(50),
              params().topK(100_000).topP(0.7));
      for (ParamsBuilder choice : choices) {
        SamplingParams params = choice.seed(random.nextLong()).build();
        assertEquals(
            PlainSampler.choose(logits, params, 1),
            sampler.sample(logits, params, 1).id(),
            () -> kind + ", " + params);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256})
  void logprobsHaveTheSameBitsAtEveryWidth(int bits) {
    WidthSampler wide = new WidthSampler(512);
    WidthSampler sampler = new WidthSampler(bits);
    SplittableRandom random = new SplittableRandom(3);
    SamplingParams params = params().temperature(0).topLogprobs(20).build();
    for (TestLogits kind : TestLogits.values()) {
      for (int round = 0; round < 30; round++) {
        float[] logits = kind.row(random, random.nextInt(1, 5000));
        assertEquals(wide.sample(logits, params, 0), sampler.sample(logits, params, 0));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void findsANumberThatIsNoneWhereverItIs(int bits) {
    WidthSampler sampler = new WidthSampler(bits);
    SamplingParams params = SamplingParams.greedy(1);
    for (int size : new int[] {1, 7, 128, 333}) {
      for (int token = 0; token < size; token++) {
        float[] logits = new float[size];
        logits[token] = Float.intBitsToFloat(token % 2 == 0 ? 0x7FC00000 : 0xFFC00000);
        BrokenLogitsException e =
            assertThrows(BrokenLogitsException.class, () -> sampler.sample(logits, params, 0));
        assertEquals(
            "the logit of token " + token + " at position 0 is not a number", e.getMessage());
      }
    }
  }

  private static SamplingParams anyParams(SplittableRandom random, int vocabSize) {
    double[] temperatures = {0, Float.MIN_VALUE, 0.01, 0.7, 1, 1, 2, 100};
    ParamsBuilder params =
        params()
            .seed(random.nextLong())
            .temperature(temperatures[random.nextInt(temperatures.length)]);
    if (random.nextBoolean()) {
      params.topK(random.nextInt(random.nextBoolean() ? 5 : 2 * vocabSize));
    }
    if (random.nextBoolean()) {
      params.topP(random.nextInt(10) == 0 ? Float.MIN_VALUE : random.nextDouble(0.05, 1));
    }
    if (random.nextInt(3) == 0) {
      params.minP(random.nextDouble(0, 1));
    }
    return params.build();
  }

  /** A sampler of a class that a loader of its own defines. */
  private static final class WidthSampler {
    private final Object sampler;
    private final Method method;

    WidthSampler(int bits) {
      sampler = ShapeLoader.sampler(bits);
      method =
          Stream.of(sampler.getClass().getMethods())
              .filter(m -> m.getName().equals("sample"))
              .findFirst()
              .orElseThrow();
    }

    SampledToken sample(float[] logits, SamplingParams params, int position) {
      try {
        return (SampledToken)
            method.invoke(sampler, logits, 0, logits.length, params, new TokenCounts(), position);
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new AssertionError(e);
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }
  }
}
