package io.rack72.serving;

import io.rack72.checkpoint.ModelShape;
import io.rack72.checkpoint.RandomCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A checkpoint with random weights that reads and writes text: its vocabulary is that of the
 * published models. It is made once for all tests of a JVM.
 */
public final class DemoCheckpoint {
  private static final Path DIRECTORY = Path.of("target", "checkpoints", "demo").toAbsolutePath();
  private static boolean made;

  private DemoCheckpoint() {}

  /** Its directory; the first call makes it, over what an earlier JVM may have left. */
  public static synchronized Path directory() {
    if (!made) {
      try {
        delete(DIRECTORY);
        Files.createDirectories(DIRECTORY.getParent());
      } catch (IOException e) {
        throw new UncheckedIOException("cannot clear " + DIRECTORY, e);
      }
      RandomCheckpoint.write(
          ModelShape.named("demo").config(), 72, 1L << 30, DIRECTORY, (bytes, total) -> {});
      made = true;
    }
    return DIRECTORY;
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> paths = Files.walk(directory)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
