package io.rack72.kv;

import io.rack72.checkpoint.ModelConfig;

/**
 * How keys and values lie in blocks. A block holds {@code blockTokens} consecutive positions of one
 * sequence, for all layers of one kind: full layers share one kind of block, sliding layers
 * another, so that sliding layers can give back what their window has passed.
 *
 * <p>Within a block: layer of that kind, then keys before values, then kv head, token, element.
 *
 * @param config the model's shape
 * @param blockTokens positions in a block, 1 to 1024
 */
public record KvLayout(ModelConfig config, int blockTokens) {
  public KvLayout {
    if (blockTokens < 1 || blockTokens > 1024) {
      throw new IllegalArgumentException("a KV block holds 1 to 1024 tokens, not " + blockTokens);
    }
  }

  /** Whether any layer attends to the whole sequence. */
  public boolean hasFullLayers() {
    return slidingLayerCount() < config.layers();
  }

  /** Whether any layer attends to a window only. */
  public boolean hasSlidingLayers() {
    return slidingLayerCount() > 0;
  }

  /** Bytes of a block of full layers; 0 where the model has none. */
  public long fullBlockBytes() {
    return (config.layers() - slidingLayerCount()) * layerBytes();
  }

  /** Bytes of a block of sliding layers; 0 where the model has none. */
  public long slidingBlockBytes() {
    return slidingLayerCount() * layerBytes();
  }

  /** Byte offset of a layer's keys in the blocks of its kind. */
  public long keyOffsetBytes(int layer) {
    int before = 0;
    for (int l = 0; l < layer; l++) {
      if (config.sliding(l) == config.sliding(layer)) {
        before++;
      }
    }
    return before * layerBytes();
  }

  /** Byte offset of a layer's values in the blocks of its kind. */
  public long valueOffsetBytes(int layer) {
    return keyOffsetBytes(layer) + layerBytes() / 2;
  }

  /** Blocks that cover the positions 0 to {@code positions}, exclusive. */
  public int blocksFor(int positions) {
    return Math.ceilDiv(positions, blockTokens);
  }

  /** Blocks that the full layers of a sequence hold; 0 where the model has no such layer. */
  public int fullBlocksFor(int positions) {
    return hasFullLayers() ? blocksFor(positions) : 0;
  }

  /**
   * Blocks that the sliding layers of one sequence hold at most while rows of it are computed: a
   * span of window and rows, wherever it begins within a block; 0 where the model has no such
   * layer.
   *
   * @param rows consecutive positions computed in one step, at least 1
   */
  public int slidingBlocksFor(int rows) {
    long span = (long) config.slidingWindow() + rows - 1;
    // A span of n positions touches one block more than n - 1 steps fill.
    return hasSlidingLayers() ? Math.toIntExact(Math.ceilDiv(span - 1, blockTokens) + 1) : 0;
  }

  private int slidingLayerCount() {
    return (int) config.slidingLayers().stream().filter(sliding -> sliding).count();
  }

  private long layerBytes() {
    return 2L * config.kvWidth() * blockTokens * Float.BYTES;
  }
}
