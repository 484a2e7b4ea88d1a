package io.rack72.checkpoint;

import io.rack72.tensor.Mxfp4Matrix;
import java.nio.file.Path;
import java.util.List;

/**
 * The shape of a gpt-oss model, from {@code config.json}. Every size in the program comes from
 * here. Immutable.
 *
 * <p>The bounds on the sizes are far above any published model. They make sure that no product of
 * them overflows a {@code long}, and that a mistyped number is refused before memory is asked for.
 * Errors use the names that the sizes have in {@code config.json}.
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

  /** Most layers that a model may have. */
  public static final int MAX_LAYERS = 1024;

  private static final int MAX_VOCAB_SIZE = 1 << 24;
  private static final int MAX_WIDTH = 1 << 17;
  private static final int MAX_HEADS = 1 << 12;
  private static final int MAX_HEAD_DIM = 1 << 10;
  private static final int MAX_EXPERTS = 1 << 12;
  private static final int MAX_POSITIONS = 1 << 24;

  public ModelConfig {
    slidingLayers = List.copyOf(slidingLayers);
    checkRange("num_hidden_layers", slidingLayers.size(), MAX_LAYERS);
    checkRange("vocab_size", vocabSize, MAX_VOCAB_SIZE);
    checkRange("hidden_size", hiddenSize, MAX_WIDTH);
    checkMultiple("hidden_size", hiddenSize, Mxfp4Matrix.BLOCK);
    checkRange("num_attention_heads", queryHeads, MAX_HEADS);
    checkRange("num_key_value_heads", kvHeads, MAX_HEADS);
    if (queryHeads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads must be a multiple of num_key_value_heads, not %d of %d"
              .formatted(queryHeads, kvHeads));
    }
    checkRange("head_dim", headDim, MAX_HEAD_DIM);
    checkMultiple("head_dim", headDim, 2);
    checkRange("num_local_experts", experts, MAX_EXPERTS);
    checkRange("num_experts_per_tok", expertsPerToken, experts);
    checkRange("intermediate_size", intermediateSize, MAX_WIDTH);
    checkMultiple("intermediate_size", intermediateSize, Mxfp4Matrix.BLOCK);
    checkRange("sliding_window", slidingWindow, MAX_POSITIONS);
    checkRange("max_position_embeddings", maxPositions, MAX_POSITIONS);
    if (!(rmsNormEpsilon > 0 && rmsNormEpsilon < 1)) {
      throw new IllegalArgumentException(
          "rms_norm_eps must lie between 0 and 1, not be " + rmsNormEpsilon);
    }
    if (!(ropeTheta > 1 && ropeTheta <= 1e12)) {
      throw new IllegalArgumentException(
          "rope_theta must be more than 1 and at most 1e12, not " + ropeTheta);
    }
    if (!(swigluLimit > 0 && Float.isFinite(swigluLimit))) {
      throw new IllegalArgumentException("swiglu_limit must be positive, not " + swigluLimit);
    }
  }

  private static void checkRange(String field, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(
          "%s must be from 1 to %d, not %d".formatted(field, max, value));
    }
  }

  private static void checkMultiple(String field, int value, int of) {
    if (value % of != 0) {
      throw new IllegalArgumentException(
          "%s must be a multiple of %d, not %d".formatted(field, of, value));
    }
  }

  /**
   * Reads a {@code config.json}.
   *
   * @throws CheckpointException naming the file and the field, if it is not the configuration of a
   *     gpt-oss model
   */
  public static ModelConfig read(Path configJson) {
    return ModelConfigReader.read(configJson);
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
