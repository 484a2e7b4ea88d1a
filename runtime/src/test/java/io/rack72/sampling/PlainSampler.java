package io.rack72.sampling;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The choice from logits that nothing adjusts, with the very numbers that the contract defines but
 * neither vectors nor short cuts: it agrees with {@link Sampler} on every token, however close.
 */
final class PlainSampler {
  private PlainSampler() {}

  static int choose(float[] logits, SamplingParams params, int position) {
    List<Integer> kept =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(i -> 0.0 - logits[i])
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    float max = logits[kept.getFirst()];
    if (params.isGreedy()) {
      return kept.getFirst();
    }
    TokenWeights definition =
        TokenWeights.of(max, params.temperature(), params.minP(), logits.length);
    long[] weights = new long[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = definition.of(logits[i]);
    }
    if (params.topK() > 0) {
      kept = kept.stream().limit(params.topK()).toList();
    }
    if (params.topP() < 1) {
      long mass = TokenWeights.share(params.topP(), kept.stream().mapToLong(i -> weights[i]).sum());
      int count = 0;
      for (long sum = 0; sum < mass; count++) {
        sum += weights[kept.get(count)];
      }
      kept = kept.subList(0, count);
    }
    double uniform = CounterRandom.uniform(params.seed(), position, 0);
    long rest = CounterRandom.below(kept.stream().mapToLong(i -> weights[i]).sum(), uniform);
    for (int token : kept.stream().sorted().toList()) {
      rest -= weights[token];
      if (rest < 0) {
        return token;
      }
    }
    throw new AssertionError("a random number was not below the sum");
  }
}
