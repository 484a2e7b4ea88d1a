package io.rack72.roofline;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.WeightBytes;

/**
 * What a layout puts into the memory of its fullest GPU. Sizes are those of checkpoints: 4-bit
 * experts and the rest in bf16. Matrices in parts are taken as evenly divided, whatever blocks of
 * weights share a scale; whole experts and their copies take all of a GPU's slots in each layer.
 * Immutable.
 *
 * @param config of the model
 * @param layout of a replica
 */
public record LayoutMemory(ModelConfig config, Layout layout) {
  private static final long BF16_BYTES = 2;

  /** Bytes of weights on a GPU. */
  public long weightBytes() {
    WeightBytes weights = WeightBytes.of(config);
    long whole = weights.shared() - divisible(1);
    long experts = (long) config.layers() * weights.expert();
    return whole
        + divisible(layout.attentionGpus())
        + (layout.kind() == Layout.Kind.TP
            ? Math.ceilDiv(experts * config.experts(), layout.gpus())
            : experts * layout.slotsPerGpu());
  }

  /**
   * Bytes of all layers' keys and values of one token, on each GPU that attends to it. With more
   * GPUs than key heads several hold the same head, so that it does not fall any further.
   *
   * @param elementBytes of a key's element
   */
  public long kvBytesPerToken(int elementBytes) {
    return 2L * config.layers() * kvHeads(layout.attentionGpus()) * config.headDim() * elementBytes;
  }

  /**
   * What a replica's GPUs have for keys and values counts for, where each head is counted once.
   *
   * @param bytesPerGpu that each has for them
   */
  public long kvBytes(long bytesPerGpu) {
    long heads = kvHeads(layout.attentionGpus());
    // Divided first, since products may not fit a long.
    return bytesPerGpu / heads * config.kvHeads() + bytesPerGpu % heads * config.kvHeads() / heads;
  }

  /**
   * What each of a replica's GPUs has for keys and values.
   *
   * @param kvBytes what that counts for, where each head is counted once
   */
  public long bytesPerGpu(long kvBytes) {
    long heads = kvHeads(layout.attentionGpus());
    // Divided first here too; what it counts for was rounded down.
    long rest = kvBytes % config.kvHeads() * heads;
    return kvBytes / config.kvHeads() * heads + Math.ceilDiv(rest, config.kvHeads());
  }

  private long kvHeads(int gpus) {
    return Math.ceilDiv(config.kvHeads(), gpus);
  }

  /** Bytes of what tensor parallelism divides, without the experts: attention and vocabulary. */
  private long divisible(int gpus) {
    long queryWidth = Math.ceilDiv(config.queryHeads(), gpus) * (long) config.headDim();
    long kvWidth = kvHeads(gpus) * config.headDim();
    long hidden = config.hiddenSize();
    long attention = (queryWidth + 2 * kvWidth) * (hidden + 1) + queryWidth * hidden;
    long vocabulary = 2 * Math.ceilDiv((long) config.vocabSize(), gpus) * hidden;
    return BF16_BYTES * (config.layers() * attention + vocabulary);
  }
}
