package io.rack72.evaluate;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.kernel.ExpertChoice;
import io.rack72.model.ForwardObserver;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Counts how many tokens each expert computes while a rack works: tokens of prompts and of replies.
 * Thread-safe.
 */
final class ExpertUse implements ForwardObserver {
  private final int experts;
  private final int expertsPerToken;
  private final AtomicLongArray[] tokens;

  ExpertUse(ModelConfig model) {
    experts = model.experts();
    expertsPerToken = model.expertsPerToken();
    tokens =
        Stream.generate(() -> new AtomicLongArray(experts))
            .limit(model.layers())
            .toArray(AtomicLongArray[]::new);
  }

  @Override
  public void saw(Stage stage, int layer, float[] values, int rows) {
    if (stage != Stage.ROUTER_LOGITS) {
      return;
    }
    int[] chosen = new int[expertsPerToken];
    float[] weights = new float[expertsPerToken];
    for (int row = 0; row < rows; row++) {
      ExpertChoice.choose(values, row * experts, experts, expertsPerToken, chosen, weights, 0);
      for (int expert : chosen) {
        tokens[layer].incrementAndGet(expert);
      }
    }
  }

  /**
   * Tokens of the experts of each layer, {@code [layers][experts]}, those of the hottest expert
   * first.
   */
  long[][] ranked() {
    return Stream.of(tokens).map(ExpertUse::ranked).toArray(long[][]::new);
  }

  private static long[] ranked(AtomicLongArray layer) {
    long[] ascending = IntStream.range(0, layer.length()).mapToLong(layer::get).sorted().toArray();
    return IntStream.range(0, ascending.length)
        .mapToLong(i -> ascending[ascending.length - 1 - i])
        .toArray();
  }
}
