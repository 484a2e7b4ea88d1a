package io.rack72.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes a file whole or not at all. */
final class WholeFile {
  private WholeFile() {}

  /**
   * Replaces what is there.
   *
   * @throws CommandFailedException where that is not possible; then what was there is still there
   */
  static void write(Path file, String text) {
    try {
      Path whole = file.toAbsolutePath();
      Path beside =
          Files.createTempFile(whole.getParent(), whole.getFileName().toString(), ".part");
      try {
        Files.writeString(beside, text);
        Files.move(beside, whole, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw new CommandFailedException("cannot write " + file + ": " + e, e);
    }
  }
}
