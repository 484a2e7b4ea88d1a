package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.kernel.Int8Conversion;
import io.rack72.kernel.Workers;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Weights whose attention and output matrices are converted to 8 bits; the rest is as stored. The
 * embedding is only looked up, row by row, and the router decides, so both stay in bfloat16.
 */
final class Int8Weights implements ModelWeights {
  private final ModelWeights stored;
  private final List<Layer> layers;
  private final WeightMatrix output;
  private final long sharedBytes;

  /**
   * Converts.
   *
   * @param arena owns the memory of the converted matrices
   * @param workers who share in the work
   */
  Int8Weights(ModelWeights stored, Arena arena, Workers workers) {
    this.stored = stored;
    layers =
        IntStream.range(0, stored.config().layers())
            .mapToObj(layer -> converted(stored.layer(layer), arena, workers))
            .toList();
    output = converted(stored.output(), arena, workers);
    long saved = stored.output().bytes() - output.bytes();
    for (int layer = 0; layer < layers.size(); layer++) {
      saved += attentionBytes(stored.layer(layer)) - attentionBytes(layers.get(layer));
    }
    sharedBytes = stored.sharedBytes() - saved;
  }

  private static Layer converted(Layer layer, Arena arena, Workers workers) {
    return new Layer(
        layer.attentionNorm(),
        converted(layer.query(), arena, workers),
        layer.queryBias(),
        converted(layer.key(), arena, workers),
        layer.keyBias(),
        converted(layer.value(), arena, workers),
        layer.valueBias(),
        converted(layer.output(), arena, workers),
        layer.outputBias(),
        layer.sinks(),
        layer.expertNorm(),
        layer.router(),
        layer.routerBias());
  }

  private static WeightMatrix converted(WeightMatrix matrix, Arena arena, Workers workers) {
    return matrix instanceof Bf16Matrix bf16
        ? Int8Conversion.convert(bf16, arena, workers)
        : matrix;
  }

  private static long attentionBytes(Layer layer) {
    return layer.query().bytes()
        + layer.key().bytes()
        + layer.value().bytes()
        + layer.output().bytes();
  }

  @Override
  public ModelConfig config() {
    return stored.config();
  }

  @Override
  public Bf16Matrix embedding() {
    return stored.embedding();
  }

  @Override
  public Layer layer(int layer) {
    return layers.get(layer);
  }

  @Override
  public Expert expert(int layer, int expert) {
    return stored.expert(layer, expert);
  }

  @Override
  public float[] finalNorm() {
    return stored.finalNorm();
  }

  @Override
  public WeightMatrix output() {
    return output;
  }

  @Override
  public long sharedBytes() {
    return sharedBytes;
  }

  @Override
  public long expertBytes() {
    return stored.expertBytes();
  }
}
