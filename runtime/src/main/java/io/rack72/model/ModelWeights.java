package io.rack72.model;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import io.rack72.tensor.WeightMatrix;

/**
 * The weights of a gpt-oss model, wherever they lie. Implementations are immutable and thread-safe.
 */
public interface ModelWeights {
  /** The shape that all weights have. */
  ModelConfig config();

  /** Token embeddings, {@code [vocabSize, hiddenSize]}. */
  Bf16Matrix embedding();

  /** Everything of a layer but its experts. */
  Layer layer(int layer);

  /** One expert of one layer. */
  Expert expert(int layer, int expert);

  /** Weight of the last normalisation, {@code [hiddenSize]}. */
  float[] finalNorm();

  /** Output matrix, {@code [vocabSize, hiddenSize]}. */
  WeightMatrix output();

  /** Bytes of everything that is not an expert: what each GPU that computes attention holds. */
  long sharedBytes();

  /** Bytes of one expert of one layer. */
  long expertBytes();

  /**
   * Attention and router of one layer.
   *
   * @param attentionNorm {@code [hiddenSize]}
   * @param query {@code [queryHeads * headDim, hiddenSize]}
   * @param key {@code [kvHeads * headDim, hiddenSize]}
   * @param value {@code [kvHeads * headDim, hiddenSize]}
   * @param output {@code [hiddenSize, queryHeads * headDim]}
   * @param sinks one logit per query head
   * @param expertNorm {@code [hiddenSize]}
   * @param router {@code [experts, hiddenSize]}
   */
  record Layer(
      float[] attentionNorm,
      WeightMatrix query,
      Bf16Vector queryBias,
      WeightMatrix key,
      Bf16Vector keyBias,
      WeightMatrix value,
      Bf16Vector valueBias,
      WeightMatrix output,
      Bf16Vector outputBias,
      float[] sinks,
      float[] expertNorm,
      Bf16Matrix router,
      Bf16Vector routerBias) {}

  /**
   * One expert.
   *
   * @param gateUp {@code [2 * intermediateSize, hiddenSize]}, rows interleaved: gate even, up odd
   * @param down {@code [hiddenSize, intermediateSize]}
   */
  record Expert(Mxfp4Matrix gateUp, Bf16Vector gateUpBias, Mxfp4Matrix down, Bf16Vector downBias) {}
}
