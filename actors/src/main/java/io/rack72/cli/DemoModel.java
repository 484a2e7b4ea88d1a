package io.rack72.cli;

import io.rack72.checkpoint.CheckpointException;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.RandomCheckpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The model that is served when none is named: small, with random weights, made on first use and
 * kept in the user's cache. Processes and threads that want it at the same time make it once.
 */
final class DemoModel {
  /** Its name, as {@code --model} takes it. */
  static final String NAME = "demo";

  private static final long SEED = 72;
  private static final long MAX_SHARD_BYTES = 1L << 30;

  /** A lock of a file belongs to the whole process, so threads need one of their own. */
  private static final Object IN_THIS_PROCESS = new Object();

  private final Path directory;
  private final ModelConfig config = ModelShape.named("demo").config();

  /**
   * @param cacheDirectory of the program
   */
  DemoModel(Path cacheDirectory) {
    directory = cacheDirectory.resolve("models").resolve(NAME + "-" + version());
  }

  /** Where it is, or will be. */
  Path directory() {
    return directory;
  }

  /**
   * Makes it unless it is there, and tells on {@code err} what it is.
   *
   * @return its directory
   */
  Path prepare(PrintWriter err, RandomCheckpoint.Progress progress) {
    err.println(
        "rack72: this is the demo model, whose weights are random and whose words mean nothing;"
            + " give --model DIR with a gpt-oss checkpoint for real ones");
    Path lockFile = directory.resolveSibling(directory.getFileName() + ".lock");
    synchronized (IN_THIS_PROCESS) {
      try {
        Files.createDirectories(directory.getParent());
        try (FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          // Writing moves a finished directory into place, so one that is there is whole.
          if (lock.isValid() && !Files.exists(directory)) {
            RandomCheckpoint.write(config, SEED, MAX_SHARD_BYTES, directory, progress);
          }
        }
      } catch (IOException | CheckpointException e) {
        throw new CommandFailedException(
            "cannot make the demo model in %s: %s; set XDG_CACHE_HOME to a directory that can be"
                    .formatted(directory, e instanceof IOException ? e : e.getMessage())
                + " written, or give --model DIR",
            e);
      }
    }
    return directory;
  }

  /** Changes with the shape, the seed and the program, which all decide the weights. */
  private String version() {
    String source = Version.current() + " " + SEED + " " + config;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(source.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
