package io.rack72.sampling;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Sampling as one would write it down: sorted lists, StrictMath, every step by its definition. */
final class NaiveSampler {
  private final SamplingParams params;
  private final double[] logits;

  NaiveSampler(float[] raw, SamplingParams params, int[] prompt, int[] generated) {
    this.params = params;
    logits = new double[raw.length];
    for (int i = 0; i < raw.length; i++) {
      logits[i] = adjusted(i, raw[i], prompt, generated);
    }
  }

  private float adjusted(int token, float raw, int[] prompt, int[] generated) {
    float logit = raw + params.logitBias().getOrDefault(token, 0f);
    if (generated.length < params.minTokens() && params.stopIds().contains(token)) {
      logit = Float.NEGATIVE_INFINITY;
    }
    long inPrompt = IntStream.of(prompt).filter(t -> t == token).count();
    long inOutput = IntStream.of(generated).filter(t -> t == token).count();
    if (inPrompt + inOutput > 0) {
      float penalty = params.repetitionPenalty();
      logit = logit > 0 ? logit / penalty : logit * penalty;
    }
    if (inOutput > 0) {
      logit = logit - params.frequencyPenalty() * inOutput - params.presencePenalty();
    }
    return logit;
  }

  /** The tokens that can be drawn with their probabilities, most likely first. */
  Map<Integer, Double> distribution() {
    List<Integer> order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(
                Comparator.<Integer>comparingDouble(i -> -logits[i])
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    if (params.isGreedy()) {
      return Map.of(order.getFirst(), 1.0);
    }
    double max = logits[order.getFirst()];
    double[] weights = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = StrictMath.exp((logits[i] - max) / params.temperature());
    }
    List<Integer> kept =
        order.stream().filter(i -> weights[i] >= params.minP() && weights[i] > 0).toList();
    if (params.topK() > 0) {
      kept = kept.stream().limit(params.topK()).toList();
    }
    double all = kept.stream().mapToDouble(i -> weights[i]).sum();
    double sum = 0;
    int count = 0;
    while (count < kept.size() && (count == 0 || sum < params.topP() * all)) {
      sum += weights[kept.get(count++)];
    }
    double total = sum;
    return kept.stream()
        .limit(count)
        .collect(Collectors.toMap(i -> i, i -> weights[i] / total, (a, b) -> a, TreeMap::new));
  }
}
