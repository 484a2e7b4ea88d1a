package io.rack72.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Computes what {@link Checkpoint#fingerprint()} returns. */
final class Fingerprint {
  /** Taken from the middle of each tensor: at most a page or two of the file is read for it. */
  private static final long SAMPLE_BYTES = 256;

  private final MessageDigest sha256;

  private Fingerprint(MessageDigest sha256) {
    this.sha256 = sha256;
  }

  static String of(byte[] config, CheckpointFiles files, List<ModelTensor.Instance> tensors) {
    Fingerprint fingerprint = new Fingerprint(newSha256());
    fingerprint.add(config);
    fingerprint.add(files.index().orElse(new byte[0]));
    for (SafetensorsFile shard : files.shards()) {
      fingerprint.add(shard.path().getFileName().toString().getBytes(StandardCharsets.UTF_8));
      fingerprint.add(shard.header());
    }
    for (ModelTensor.Instance tensor : tensors) {
      CheckpointFiles.Located found = files.find(tensor.name()).orElseThrow();
      fingerprint.addSample(found.shard().data(found.entry()));
    }
    return HexFormat.of().formatHex(fingerprint.sha256.digest());
  }

  /** The length goes first, so that bytes cannot move from one part into the next unseen. */
  private void add(byte[] part) {
    sha256.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).flip());
    sha256.update(part);
  }

  private void addSample(MemorySegment data) {
    long bytes = Math.min(SAMPLE_BYTES, data.byteSize());
    add(data.asSlice((data.byteSize() - bytes) / 2, bytes).toArray(ValueLayout.JAVA_BYTE));
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
