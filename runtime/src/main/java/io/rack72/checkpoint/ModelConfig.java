package io.rack72.checkpoint;

import java.util.List;

/**
 * The shape of a gpt-oss model, from {@code config.json}. Every size in the program comes from
 * here. Immutable.
 *
 * @param vocabSize rows of the embedding and output matrices
 * @param hiddenSize width of the residual stream
 * @param slidingLayers for each layer, whether its attention is limited to {@code slidingWindow}
 * @param queryHeads query heads per layer; a multiple of {@code kvHeads}
 * @param kvHeads key and value heads per layer
 * @param headDim width of one head; even
 * @param experts experts per layer
 * @param expertsPerToken experts that the router picks for each token
 * @param intermediateSize width inside an expert; a multiple of 32, as is {@code hiddenSize}, since
 *     MXFP4 blocks run along the input dimension
 * @param slidingWindow keys that a sliding layer sees, the current token included
 * @param maxPositions longest context, in tokens
 * @param rmsNormEpsilon added to the mean square
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling YaRN parameters
 * @param swigluLimit clamp of the gate (above) and of the linear part (both sides)
 */
public record ModelConfig(
    int vocabSize,
    int hiddenSize,
    List<Boolean> slidingLayers,
    int queryHeads,
    int kvHeads,
    int headDim,
    int experts,
    int expertsPerToken,
    int intermediateSize,
    int slidingWindow,
    int maxPositions,
    float rmsNormEpsilon,
    double ropeTheta,
    RopeScaling ropeScaling,
    float swigluLimit) {

  public ModelConfig {
    slidingLayers = List.copyOf(slidingLayers);
  }

  /** Number of layers. */
  public int layers() {
    return slidingLayers.size();
  }

  /** Whether the layer's attention sees only the sliding window. */
  public boolean sliding(int layer) {
    return slidingLayers.get(layer);
  }

  /** Width of all query heads together. */
  public int queryWidth() {
    return queryHeads * headDim;
  }

  /** Width of all key heads, or of all value heads, together. */
  public int kvWidth() {
    return kvHeads * headDim;
  }
}
