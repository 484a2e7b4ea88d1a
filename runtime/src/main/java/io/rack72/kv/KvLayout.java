package io.rack72.kv;

import io.rack72.checkpoint.ModelConfig;

/**
 * How keys and values lie in blocks. A block holds {@code blockTokens} consecutive positions of one
 * sequence, for all layers of one kind: full layers share one kind of block, sliding layers
 * another, so that sliding layers can give back what their window has passed.
 *
 * <p>Within a block: layer of that kind, then keys before values, then kv head and token, for which
 * there is a vector in the numeric mode's format. Immutable.
 */
public final class KvLayout {
  private final ModelConfig config;
  private final int blockTokens;
  private final int slidingLayers;
  private final long layerBytes;
  private final long[] keyOffsets;

  /**
   * A layout of keys and values in float32.
   *
   * @param blockTokens positions in a block, 1 to 1024
   */
  public KvLayout(ModelConfig config, int blockTokens) {
    this(config, blockTokens, config.headDim() * Float.BYTES);
  }

  /**
   * A layout for a model.
   *
   * @param blockTokens positions in a block, 1 to 1024
   * @param vectorBytes of the key or the value of one kv head at one position
   */
  public KvLayout(ModelConfig config, int blockTokens, int vectorBytes) {
    if (blockTokens < 1 || blockTokens > 1024) {
      throw new IllegalArgumentException("a KV block holds 1 to 1024 tokens, not " + blockTokens);
    }
    this.config = config;
    this.blockTokens = blockTokens;
    layerBytes = 2L * config.kvHeads() * blockTokens * vectorBytes;
    keyOffsets = new long[config.layers()];
    int sliding = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      keyOffsets[layer] = (config.sliding(layer) ? sliding : layer - sliding) * layerBytes;
      sliding += config.sliding(layer) ? 1 : 0;
    }
    slidingLayers = sliding;
  }

  /** The model's shape. */
  public ModelConfig config() {
    return config;
  }

  /** Positions in a block. */
  public int blockTokens() {
    return blockTokens;
  }

  /** Whether any layer attends to the whole sequence. */
  public boolean hasFullLayers() {
    return slidingLayers < config.layers();
  }

  /** Whether any layer attends to a window only. */
  public boolean hasSlidingLayers() {
    return slidingLayers > 0;
  }

  /** Bytes of a block of full layers; 0 where the model has none. */
  public long fullBlockBytes() {
    return (config.layers() - slidingLayers) * layerBytes;
  }

  /** Bytes of a block of sliding layers; 0 where the model has none. */
  public long slidingBlockBytes() {
    return slidingLayers * layerBytes;
  }

  /** Byte offset of a layer's keys in the blocks of its kind. */
  public long keyOffsetBytes(int layer) {
    return keyOffsets[layer];
  }

  /** Byte offset of a layer's values in the blocks of its kind. */
  public long valueOffsetBytes(int layer) {
    return keyOffsetBytes(layer) + layerBytes / 2;
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
}
