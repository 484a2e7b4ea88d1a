package io.rack72.kv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.IntUnaryOperator;

/**
 * Computes the names of blocks, each from the name of the one before it. Owns scratch memory; not
 * thread-safe.
 */
public final class BlockHasher {
  private static final int HASH_BYTES = 32;

  private final int blockTokens;
  private final MessageDigest sha256;
  private final ByteBuffer text;
  private final ByteBuffer hash = ByteBuffer.allocate(HASH_BYTES);
  // Most prompts have the salt of the one before.
  private String rootSalt = "";
  private BlockHash root;

  /**
   * @param blockTokens tokens of a block, at least 1
   */
  public BlockHasher(int blockTokens) {
    this.blockTokens = blockTokens;
    text = ByteBuffer.allocate(HASH_BYTES + blockTokens * Integer.BYTES);
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** The name before the first block: what all prefixes of a salt begin with. */
  public BlockHash root(String salt) {
    if (root == null || !rootSalt.equals(salt)) {
      sha256.update("rack72 prefix:".getBytes(StandardCharsets.UTF_8));
      sha256.update(salt.getBytes(StandardCharsets.UTF_8));
      root = finish();
      rootSalt = salt;
    }
    return root;
  }

  /**
   * The name of a block.
   *
   * @param before name of the block before it, or the root
   * @param tokens by position; the block has {@code blockTokens} of them
   * @param from the position of its first
   */
  public BlockHash next(BlockHash before, IntUnaryOperator tokens, int from) {
    text.clear().putLong(before.a()).putLong(before.b()).putLong(before.c()).putLong(before.d());
    for (int i = 0; i < blockTokens; i++) {
      text.putInt(tokens.applyAsInt(from + i));
    }
    sha256.update(text.array());
    return finish();
  }

  private BlockHash finish() {
    try {
      sha256.digest(hash.array(), 0, HASH_BYTES);
    } catch (DigestException e) {
      throw new IllegalStateException("a SHA-256 has " + HASH_BYTES + " bytes", e);
    }
    return new BlockHash(hash.getLong(0), hash.getLong(8), hash.getLong(16), hash.getLong(24));
  }
}
