package io.rack72.checkpoint;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Computes what {@link Checkpoint#fingerprint()} returns. */
final class Fingerprint {
  private static final int SAMPLE_BYTES = 256;

  private final MessageDigest sha256;

  private Fingerprint(MessageDigest sha256) {
    this.sha256 = sha256;
  }

  static String of(byte[] config, CheckpointFiles files) {
    Fingerprint fingerprint = new Fingerprint(newSha256());
    fingerprint.add(config);
    fingerprint.add(files.index().orElse(new byte[0]));
    for (SafetensorsFile shard : files.shards()) {
      fingerprint.add(shard.path().getFileName().toString().getBytes(StandardCharsets.UTF_8));
      fingerprint.add(shard.header());
      shard.readSamples(SAMPLE_BYTES).forEach(fingerprint::add);
    }
    return HexFormat.of().formatHex(fingerprint.sha256.digest());
  }

  /** The length goes first, so that bytes cannot move from one part into the next unseen. */
  private void add(byte[] part) {
    sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).flip());
    sha256.update(part);
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
