package io.rack72.kv;

import java.lang.foreign.Arena;

/**
 * The KV memory of one GPU: a pool for the full layers and one for the sliding layers, and whether
 * sequences find in them what others have computed. Not thread-safe.
 */
public final class KvCache implements AutoCloseable {
  private final KvLayout layout;
  private final BlockPool full;
  private final BlockPool sliding;
  private final PromptNames names;
  private final Arena arena = Arena.ofShared();

  /** Pools in which sequences of one beginning share its blocks. */
  public KvCache(KvLayout layout, int fullBlocks, int slidingBlocks) {
    this(layout, fullBlocks, slidingBlocks, 0, true);
  }

  /**
   * @param layout of the blocks
   * @param fullBlocks blocks for the full layers
   * @param slidingBlocks blocks for the sliding layers
   * @param hostBytes memory on the host for blocks evicted from the pools, which share it in
   *     proportion to their own
   * @param sharesPrefixes whether sequences of one beginning share its blocks
   */
  public KvCache(
      KvLayout layout, int fullBlocks, int slidingBlocks, long hostBytes, boolean sharesPrefixes) {
    this.layout = layout;
    names = new PromptNames(layout.blockTokens(), sharesPrefixes);
    double onHost = (double) hostBytes / Math.max(1, bytes(layout, fullBlocks, slidingBlocks));
    full = new BlockPool(fullBlocks, layout.fullBlockBytes(), (int) (fullBlocks * onHost), arena);
    sliding =
        new BlockPool(
            slidingBlocks, layout.slidingBlockBytes(), (int) (slidingBlocks * onHost), arena);
  }

  private static long bytes(KvLayout layout, int fullBlocks, int slidingBlocks) {
    return fullBlocks * layout.fullBlockBytes() + slidingBlocks * layout.slidingBlockBytes();
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

  /** Names the blocks of new sequences. */
  public PromptNames names() {
    return names;
  }

  /** Bytes of both pools. */
  public long bytes() {
    return full.bytes() + sliding.bytes();
  }

  /** Bytes evicted to the host's memory so far, of both pools. */
  public long hostOutBytes() {
    return full.hostOutBytes() + sliding.hostOutBytes();
  }

  /** Bytes brought back from the host's memory so far, to both pools. */
  public long hostInBytes() {
    return full.hostInBytes() + sliding.hostInBytes();
  }

  /** Gives the memory back to the host; no block may be read or written after this. */
  @Override
  public void close() {
    arena.close();
  }
}
