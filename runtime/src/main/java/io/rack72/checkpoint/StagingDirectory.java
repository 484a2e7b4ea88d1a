package io.rack72.checkpoint;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/**
 * A directory in the making, beside the place where it is to be. {@link #publish} moves it there in
 * one step, so that whoever looks sees all of it or nothing; if it is closed unpublished, or the
 * JVM is told to end, it is deleted. Not thread-safe.
 */
final class StagingDirectory implements AutoCloseable {
  private final Path target;
  private final Path path;
  private final Thread deleteAtExit = new Thread(this::deleteQuietly, "delete-staging-directory");

  private StagingDirectory(Path target, Path path) {
    this.target = target;
    this.path = path;
  }

  /**
   * Makes an empty directory beside {@code target}, and the directories above it where they lack.
   *
   * @throws CheckpointException if {@code target} is there already and is not an empty directory
   */
  static StagingDirectory beside(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    refuseOccupied(absolute);
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new CheckpointException(target + " is the root of a file system");
    }
    Files.createDirectories(parent);
    // The process id keeps two processes that make the same target out of each other's way.
    String name = "." + absolute.getFileName() + ".partial-" + ProcessHandle.current().pid();
    Path path = parent.resolve(name);
    try {
      Files.createDirectory(path);
    } catch (FileAlreadyExistsException e) {
      throw new CheckpointException(path + " is in the way: remove it and try again", e);
    }
    StagingDirectory staging = new StagingDirectory(absolute, path);
    Runtime.getRuntime().addShutdownHook(staging.deleteAtExit);
    return staging;
  }

  private static void refuseOccupied(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new CheckpointException(target + " is a file: name a directory that does not exist");
    }
    try (Stream<Path> entries = Files.list(target)) {
      if (entries.findAny().isPresent()) {
        throw new CheckpointException(
            target + " is not empty: name a directory that is empty or does not exist");
      }
    }
  }

  Path path() {
    return path;
  }

  /** Moves the finished directory to its place. */
  void publish() throws IOException {
    refuseOccupied(target);
    Files.deleteIfExists(target);
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void close() {
    deleteQuietly();
    try {
      Runtime.getRuntime().removeShutdownHook(deleteAtExit);
    } catch (IllegalStateException _) {
      // The JVM is ending, so the hook has done its work or is about to.
    }
  }

  private void deleteQuietly() {
    try {
      if (Files.exists(path)) {
        Files.walkFileTree(path, new DeletingVisitor());
      }
    } catch (IOException _) {
      // What cannot be deleted carries "partial" in its name, and nothing takes it for a result.
    }
  }

  private static final class DeletingVisitor extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException failure)
        throws IOException {
      Files.delete(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
