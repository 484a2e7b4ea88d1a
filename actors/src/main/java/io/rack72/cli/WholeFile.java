package io.rack72.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is written whole or not at all. What a link points to is replaced, and not the link;
 * what is no regular file, such as a pipe, cannot be replaced and is written to.
 */
final class WholeFile {
  private final Path named;
  private final Path file;

  private WholeFile(Path named, Path file) {
    this.named = named;
    this.file = file;
  }

  /**
   * The file of this name, be it there or not.
   *
   * @throws CommandFailedException where no file could be written
   */
  static WholeFile at(Path name) {
    try {
      Path file = Files.exists(name) ? name.toRealPath() : name.toAbsolutePath();
      Path directory = file.getParent();
      if (Files.isDirectory(file)) {
        throw new CommandFailedException("cannot write " + name + ": it is a directory");
      }
      if (directory == null || !Files.isDirectory(directory)) {
        throw new CommandFailedException(
            "cannot write " + name + ": there is no directory " + directory);
      }
      return new WholeFile(name, file);
    } catch (IOException e) {
      throw failure(name, e);
    }
  }

  /**
   * Replaces what is there.
   *
   * @throws CommandFailedException where that is not possible; then what was there is still there
   */
  void write(String text) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file)) {
        Files.writeString(file, text);
        return;
      }
      // Not a temporary file of the platform, which nobody else could read.
      Path beside =
          file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
      try {
        Files.writeString(beside, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw failure(named, e);
    }
  }

  private static CommandFailedException failure(Path name, IOException e) {
    String why = e instanceof AccessDeniedException ? "access is denied" : e.toString();
    return new CommandFailedException("cannot write " + name + ": " + why, e);
  }
}
