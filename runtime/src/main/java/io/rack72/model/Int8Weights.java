package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.kernel.Int8Quantization;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.WeightMatrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Weights whose attention and output matrices are quantized to 8 bits; the rest is as stored. The
 * embedding is only looked up, row by row, and the router decides, so both stay in bfloat16.
 */
final class Int8Weights implements ModelWeights {
  private final ModelWeights stored;
  private final List<Layer> layers;
  private final WeightMatrix output;
  private final long sharedBytes;

  /**
   * Quantizes.
   *
   * @param arena owns the memory of the quantized matrices
   * @param quantization of each matrix
   */
  Int8Weights(ModelWeights stored, Arena arena, Int8Quantization quantization) {
    this.stored = stored;
    layers =
        IntStream.range(0, stored.config().layers())
            .mapToObj(layer -> quantized(stored.layer(layer), arena, quantization))
            .toList();
    output = quantized(stored.output(), arena, quantization);
    long saved = stored.output().bytes() - output.bytes();
    for (int layer = 0; layer < layers.size(); layer++) {
      saved += attentionBytes(stored.layer(layer)) - attentionBytes(layers.get(layer));
    }
    sharedBytes = stored.sharedBytes() - saved;
  }

  private static Layer quantized(Layer layer, Arena arena, Int8Quantization quantization) {
    return new Layer(
        layer.attentionNorm(),
        quantized(layer.query(), arena, quantization),
        layer.queryBias(),
        quantized(layer.key(), arena, quantization),
        layer.keyBias(),
        quantized(layer.value(), arena, quantization),
        layer.valueBias(),
        quantized(layer.output(), arena, quantization),
        layer.outputBias(),
        layer.sinks(),
        layer.expertNorm(),
        layer.router(),
        layer.routerBias());
  }

  private static WeightMatrix quantized(
      WeightMatrix matrix, Arena arena, Int8Quantization quantization) {
    return matrix instanceof Bf16Matrix bf16 ? quantization.quantize(bf16, arena) : matrix;
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
