package io.rack72.kv;

/**
 * How many blocks each pool of a GPU has. Sliding layers need a bounded number, which is taken
 * first; everything else goes to the full layers, whose blocks decide how many tokens fit.
 *
 * @param fullBlocks for the full layers; 0 where the model has none
 * @param slidingBlocks for the sliding layers; 0 where the model has none
 * @param longestContext positions that a single sequence can have when it is alone
 */
public record KvSizing(int fullBlocks, int slidingBlocks, int longestContext) {
  /**
   * Divides memory between the pools. While a step runs, the sliding layers hold each sequence's
   * window and the step's rows, which is at most
   *
   * <pre>
   *   maxRunning * (window / blockTokens + 2)   windows, wherever they begin in a block
   * + stepRows / blockTokens                    the step's rows
   * + maxRunning                                a block that each share of the rows only begins
   * </pre>
   *
   * <p>but the sliding pool never gets more than half of the memory: with less, fewer sequences run
   * at a time.
   *
   * @param bytes memory for keys and values
   * @param maxRunning sequences that run at a time, at least 1
   * @param stepRows rows of a step at most, at least 1
   * @throws IllegalArgumentException if not even one sequence could run; the message says how many
   *     bytes would do
   */
  public static KvSizing of(KvLayout layout, long bytes, int maxRunning, int stepRows) {
    if (maxRunning < 1 || stepRows < 1) {
      throw new IllegalArgumentException(
          "at least one sequence runs, of at least one row, not " + maxRunning + ", " + stepRows);
    }
    int contextBlocks = layout.blocksFor(layout.config().maxPositions());
    int leastSliding = layout.slidingBlocksFor(1);
    long leastBytes = leastBytes(layout, leastSliding);
    if (bytes < leastBytes) {
      throw new IllegalArgumentException(
          "KV memory of " + bytes + " bytes is too small: one sequence needs " + leastBytes);
    }

    long sliding = 0;
    if (layout.hasSlidingLayers()) {
      long useful = usefulSlidingBlocks(layout, maxRunning, stepRows);
      // Of very little memory, half could leave less than a block to the full layers.
      long share =
          layout.hasFullLayers() ? Math.min(bytes / 2, bytes - layout.fullBlockBytes()) : bytes;
      sliding = Math.min(useful, share / layout.slidingBlockBytes());
    }
    long full = 0;
    long longestContext = layout.config().maxPositions();
    if (layout.hasFullLayers()) {
      long left = bytes - sliding * layout.slidingBlockBytes();
      // More than every sequence at its longest would never be used.
      full = Math.min((long) maxRunning * contextBlocks, left / layout.fullBlockBytes());
      longestContext = Math.min(longestContext, full * layout.blockTokens());
    }
    return new KvSizing(
        Math.toIntExact(full), Math.toIntExact(sliding), Math.toIntExact(longestContext));
  }

  /**
   * Memory with which {@link #of} grants a single sequence a context.
   *
   * @param context in tokens; what of it the model was made for
   */
  public static long bytesFor(KvLayout layout, int context, int maxRunning, int stepRows) {
    int positions = Math.min(context, layout.config().maxPositions());
    long full = layout.blocksFor(positions) * layout.fullBlockBytes();
    long sliding = usefulSlidingBlocks(layout, maxRunning, stepRows) * layout.slidingBlockBytes();
    // Half of the memory is always the full layers'.
    long bytes = layout.hasFullLayers() ? Math.min(full + sliding, 2 * full) : sliding;
    return Math.max(bytes, leastBytes(layout, layout.slidingBlocksFor(1)));
  }

  private static long usefulSlidingBlocks(KvLayout layout, int maxRunning, int stepRows) {
    long windows = maxRunning * (layout.config().slidingWindow() / layout.blockTokens() + 3L);
    return windows + Math.ceilDiv(stepRows, layout.blockTokens());
  }

  /**
   * Pools of this size.
   *
   * @param hostBytes memory on the host for what is evicted
   * @param sharesPrefixes whether sequences of one beginning share its blocks
   */
  public KvCache cache(KvLayout layout, long hostBytes, boolean sharesPrefixes) {
    return new KvCache(layout, fullBlocks, slidingBlocks, hostBytes, sharesPrefixes);
  }

  private static long leastBytes(KvLayout layout, int leastSliding) {
    long sliding = leastSliding * layout.slidingBlockBytes();
    long full = layout.fullBlockBytes();
    boolean both = sliding > 0 && full > 0;
    return both ? Math.max(2 * sliding, sliding + full) : sliding + full;
  }
}
