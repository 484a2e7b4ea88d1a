package io.rack72.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that is written whole or not at all. What a link points to is replaced, and not the link;
 * what is no regular file, such as a pipe, cannot be replaced and is written to.
 */
final class WholeFile {
  private final Path named;
  private final boolean replaceable;

  private WholeFile(Path named, boolean replaceable) {
    this.named = named;
    this.replaceable = replaceable;
  }

  /**
   * The file of this name, be it there or not.
   *
   * @throws CommandFailedException where no file could be written
   */
  static WholeFile at(Path name) {
    boolean there = Files.exists(name);
    if (Files.isDirectory(name)) {
      throw failure(name, "it is a directory", null);
    }
    if (!there && Files.isSymbolicLink(name)) {
      throw failure(name, "it is a link to what is not there", null);
    }
    if (there && !Files.isRegularFile(name)) {
      return new WholeFile(name, false);
    }
    try {
      Path directory = target(name).getParent();
      if (directory == null || !Files.isDirectory(directory)) {
        throw failure(name, "there is no directory " + directory, null);
      }
      if (!Files.isWritable(directory)) {
        throw failure(name, "access to " + directory + " is denied", null);
      }
    } catch (IOException e) {
      throw failure(name, e.toString(), e);
    }
    return new WholeFile(name, true);
  }

  /**
   * Replaces what is there.
   *
   * @throws CommandFailedException where that is not possible; then what was there is still there
   */
  void write(String text) {
    try {
      if (replaceable) {
        replace(target(named), text);
      } else {
        Files.writeString(named, text);
      }
    } catch (IOException e) {
      throw failure(named, e.toString(), e);
    }
  }

  private static Path target(Path name) throws IOException {
    return Files.exists(name) ? name.toRealPath() : name.toAbsolutePath();
  }

  private static void replace(Path file, String text) throws IOException {
    // Not a temporary file of the platform, which nobody else could read.
    Path beside =
        file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid() + ".part");
    try {
      Files.writeString(beside, text);
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private static CommandFailedException failure(Path name, String why, IOException cause) {
    return new CommandFailedException("cannot write " + name + ": " + why, cause);
  }
}
