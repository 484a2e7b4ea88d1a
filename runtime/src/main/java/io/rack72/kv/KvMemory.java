package io.rack72.kv;

/**
 * The memory for keys and values of each GPU that takes sequences.
 *
 * @param blockTokens positions in a block, 1 to 1024
 * @param hbmBytes for the blocks that steps read and write
 * @param hostBytes for blocks that were evicted from those, on the GPU's host; 0 for none
 * @param sharesPrefixes whether sequences of one beginning share its blocks
 */
public record KvMemory(int blockTokens, long hbmBytes, long hostBytes, boolean sharesPrefixes) {
  public KvMemory {
    if (blockTokens < 1 || blockTokens > 1024) {
      throw new IllegalArgumentException("a KV block holds 1 to 1024 tokens, not " + blockTokens);
    }
    if (hbmBytes < 0 || hostBytes < 0) {
      throw new IllegalArgumentException(
          "memory is not negative: " + hbmBytes + ", " + hostBytes + " bytes");
    }
    if (hostBytes > 0 && !sharesPrefixes) {
      throw new IllegalArgumentException(
          "evicted blocks are kept on the host to be shared, so there is no use for its memory"
              + " where prefixes are not shared");
    }
  }

  /** Without memory on the host, and with shared prefixes. */
  public KvMemory(int blockTokens, long hbmBytes) {
    this(blockTokens, hbmBytes, 0, true);
  }
}
