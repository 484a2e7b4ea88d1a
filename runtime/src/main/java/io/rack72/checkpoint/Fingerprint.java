package io.rack72.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Computes what {@link Checkpoint#fingerprint()} returns. */
final class Fingerprint {
  private static final int SAMPLE_BYTES = 256;

  /**
   * Of each so many bytes of a tensor a sample is taken: of 120b's 65 GB 16,000, a second or two of
   * a flash disk that has nothing of them in memory. The larger matrix of one expert has 8.3 MB.
   */
  private static final long PART_BYTES = 4L << 20;

  /**
   * Files that a checkpoint need not have and that tokens depend on as much as on its weights: the
   * defaults of a request's sampling and the ids that end a reply, and what a text is in ids.
   */
  private static final List<String> BESIDE_WEIGHTS =
      List.of(GenerationConfig.FILE_NAME, CheckpointFiles.TOKENIZER_NAME);

  private final MessageDigest sha256;

  private Fingerprint(MessageDigest sha256) {
    this.sha256 = sha256;
  }

  /**
   * @throws CheckpointException if a file cannot be read
   */
  static String of(Path directory, byte[] config, CheckpointFiles files) {
    Fingerprint fingerprint = new Fingerprint(newSha256());
    fingerprint.add(config);
    fingerprint.add(files.index().orElse(new byte[0]));
    for (SafetensorsFile shard : files.shards()) {
      fingerprint.add(shard.path().getFileName().toString().getBytes(StandardCharsets.UTF_8));
      fingerprint.add(shard.header());
      shard.readSamples(SAMPLE_BYTES, PART_BYTES).forEach(fingerprint::add);
    }
    for (String name : BESIDE_WEIGHTS) {
      fingerprint.add(name.getBytes(StandardCharsets.UTF_8));
      fingerprint.add(digest(directory.resolve(name)));
    }
    return HexFormat.of().formatHex(fingerprint.sha256.digest());
  }

  /** The SHA-256 of a whole file; no bytes where there is none, which an empty file is not. */
  private static byte[] digest(Path file) {
    if (!Files.exists(file)) {
      return new byte[0];
    }
    if (Files.isDirectory(file)) {
      throw new CheckpointException(file + " is a directory, where a file is needed");
    }
    try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), newSha256())) {
      in.transferTo(OutputStream.nullOutputStream());
      return in.getMessageDigest().digest();
    } catch (IOException e) {
      throw CheckpointException.unreadable(file, e);
    }
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
