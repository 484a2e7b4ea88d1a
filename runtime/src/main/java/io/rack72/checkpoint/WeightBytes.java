package io.rack72.checkpoint;

import java.util.List;

/**
 * How large a model's weights are in the formats in which a checkpoint stores them.
 *
 * @param shared bytes of everything that is not an expert
 * @param expert bytes of one expert of one layer
 */
public record WeightBytes(long shared, long expert) {
  /** Of a model of this shape, whether or not there is a checkpoint of it. */
  public static WeightBytes of(ModelConfig config) {
    List<ModelTensor.Instance> tensors = ModelTensor.allOf(config);
    long experts = bytes(tensors, true);
    return new WeightBytes(
        bytes(tensors, false), experts / ((long) config.layers() * config.experts()));
  }

  private static long bytes(List<ModelTensor.Instance> tensors, boolean ofExperts) {
    return tensors.stream()
        .filter(tensor -> (tensor.kind().parameterClass() == ParameterClass.EXPERTS) == ofExperts)
        .mapToLong(ModelTensor.Instance::bytes)
        .sum();
  }
}
