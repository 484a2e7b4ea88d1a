package io.rack72.kv;

import java.lang.foreign.Arena;

/**
 * The KV memory of one GPU: a pool for the full layers and one for the sliding layers. Not
 * thread-safe.
 */
public final class KvCache implements AutoCloseable {
  private final KvLayout layout;
  private final BlockPool full;
  private final BlockPool sliding;
  private final Arena arena = Arena.ofShared();

  /**
   * @param layout of the blocks
   * @param fullBlocks blocks for the full layers
   * @param slidingBlocks blocks for the sliding layers
   */
  public KvCache(KvLayout layout, int fullBlocks, int slidingBlocks) {
    this.layout = layout;
    full = new BlockPool(fullBlocks, layout.fullBlockBytes(), arena);
    sliding = new BlockPool(slidingBlocks, layout.slidingBlockBytes(), arena);
  }

  /** How the blocks are laid out. */
  public KvLayout layout() {
    return layout;
  }

  /** Blocks of the full layers. */
  public BlockPool full() {
    return full;
  }

  /** Blocks of the sliding layers. */
  public BlockPool sliding() {
    return sliding;
  }

  /** Bytes of both pools. */
  public long bytes() {
    return full.bytes() + sliding.bytes();
  }

  /** Gives the memory back to the host; no block may be read or written after this. */
  @Override
  public void close() {
    arena.close();
  }
}
