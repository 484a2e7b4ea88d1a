package io.rack72.checkpoint;

/**
 * How the weights of a random model are distributed: Gaussian with a standard deviation of about
 * one over the square root of the fan-in, so that activations stay of order 1 whatever the shape.
 * The factors keep every part of the model at work: all experts are chosen, the clamp of the
 * activation is reached now and then, sinks take a share of the attention, and the logits have a
 * standard deviation of about 3, so that a sampled token is neither certain nor arbitrary.
 */
final class RandomWeights {
  private final ModelConfig config;
  private final long seed;

  RandomWeights(ModelConfig config, long seed) {
    this.config = config;
    this.seed = seed;
  }

  RandomTensor of(ModelTensor.Instance tensor) {
    return new RandomTensor(seed, tensor.name(), table(tensor.kind()));
  }

  private UnitTable table(ModelTensor kind) {
    return switch (kind) {
      case EMBEDDING -> UnitTable.bf16(0, 1);
      case INPUT_NORM, POST_ATTENTION_NORM, FINAL_NORM -> UnitTable.bf16(1, 0.2);
      case QUERY, KEY -> UnitTable.bf16(0, over(1, config.hiddenSize()));
      case VALUE -> UnitTable.bf16(0, over(1.2, config.hiddenSize()));
      case QUERY_BIAS, KEY_BIAS, VALUE_BIAS, ROUTER_BIAS -> UnitTable.bf16(0, 0.3);
      case ATTENTION_OUTPUT -> UnitTable.bf16(0, over(1.4, config.queryWidth()));
      case ATTENTION_OUTPUT_BIAS, DOWN_BIAS -> UnitTable.bf16(0, 0.1);
      case SINKS -> UnitTable.bf16(1, 1.5);
      case ROUTER -> UnitTable.bf16(0, over(2, config.hiddenSize()));
      case GATE_UP_BIAS -> UnitTable.bf16(0, 0.5);
      case GATE_UP_BLOCKS, DOWN_BLOCKS -> UnitTable.mxfp4Codes();
      case GATE_UP_SCALES -> UnitTable.mxfp4Scales(over(3, config.hiddenSize()));
      case DOWN_SCALES -> UnitTable.mxfp4Scales(over(0.4, config.intermediateSize()));
      case OUTPUT -> UnitTable.bf16(0, over(3, config.hiddenSize()));
    };
  }

  private static double over(double factor, int fanIn) {
    return factor / Math.sqrt(fanIn);
  }
}
