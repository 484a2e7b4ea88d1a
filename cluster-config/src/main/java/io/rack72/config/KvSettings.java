package io.rack72.config;

import java.util.OptionalLong;

/**
 * KV memory of the GPUs that take sequences.
 *
 * @param blockTokens positions in a block
 * @param bytesPerGpu size of each GPU's pools; empty to derive it from the host
 * @param hostShare part of the host's memory for all pools together, where their size or their
 *     number is derived
 * @param leastContext tokens that each GPU's pools should hold, where it is left open how many GPUs
 *     share that memory
 * @param prefixCache whether sequences of one beginning share its blocks
 * @param hostBytesPerGpu memory on the host of each GPU for blocks that were evicted; 0 for none
 */
public record KvSettings(
    int blockTokens,
    OptionalLong bytesPerGpu,
    double hostShare,
    int leastContext,
    boolean prefixCache,
    long hostBytesPerGpu) {
  public KvSettings {
    if (blockTokens < 1 || blockTokens > 1024) {
      throw new IllegalArgumentException("a KV block holds 1 to 1024 tokens, not " + blockTokens);
    }
    if (bytesPerGpu.isPresent() && bytesPerGpu.getAsLong() < 1) {
      throw new IllegalArgumentException("KV memory is at least one byte: " + bytesPerGpu);
    }
    if (!(hostShare > 0 && hostShare <= 0.9)) {
      throw new IllegalArgumentException("the host's share is above 0, at most 0.9: " + hostShare);
    }
    if (leastContext < 1) {
      throw new IllegalArgumentException("a context has at least one token: " + leastContext);
    }
    if (hostBytesPerGpu < 0) {
      throw new IllegalArgumentException("memory is not negative: " + hostBytesPerGpu);
    }
  }

  /**
   * Bytes of KV memory for each GPU that takes sequences: as set, or else an equal part of the
   * host's share, as far as HBM has room for it. What is set outright is not cut: whether it fits
   * must be checked, and told.
   *
   * @param hostMemoryBytes memory of this host
   * @param gpus that take sequences
   * @param hbmLeftBytes what the weights leave of the HBM of the fullest of them
   */
  public long bytesPerGpu(long hostMemoryBytes, int gpus, long hbmLeftBytes) {
    if (bytesPerGpu.isPresent()) {
      return bytesPerGpu.getAsLong();
    }
    long share = (long) (hostMemoryBytes * hostShare) / gpus;
    return Math.max(0, Math.min(share, hbmLeftBytes));
  }

  /**
   * How many GPUs should take sequences, where that is left open: as many as the host's share gives
   * the memory that is set, or else that of a context worth having, since 72 shares of a small
   * host's memory would hold hardly a prompt each. At least one does.
   *
   * @param hostMemoryBytes memory of this host
   * @param gpus in the rack
   * @param contextBytes memory for {@link #leastContext} tokens on one GPU; at least 1
   */
  public int gpusWithRoom(long hostMemoryBytes, int gpus, long contextBytes) {
    long share = (long) (hostMemoryBytes * hostShare);
    return Math.clamp(share / bytesPerGpu.orElse(contextBytes), 1, gpus);
  }
}
