package io.rack72.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The files that git tracks, and nothing that was built, where the Java on the PATH is too old: the
 * first command of somebody who has just cloned this project.
 */
final class FreshCloneIT {
  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final int JAVA_RELEASE = 25;
  private static final long BUILD_LIMIT_MINUTES = 8;
  private static final long GIT_LIMIT_MINUTES = 1;

  @TempDir Path directory;

  @Test
  void firstCommandBuildsAndRunsThoughTheJavaOnThePathIsTooOld() throws Exception {
    assumeTrue(Files.exists(PROJECT.resolve(".git")), "this is no clone");
    assumeTrue(onPath("git").isPresent(), "git is not on the PATH");
    assumeTrue(onPath("mvn").isPresent(), "mvn is not on the PATH");
    assumeTrue(onPath("java").filter(FreshCloneIT::isTooOld).isPresent(), "no older JDK");
    Path clone = Files.createDirectory(directory.resolve("clone"));
    copyTrackedFiles(clone);

    run(
        BUILD_LIMIT_MINUTES,
        clone,
        clone.resolve("rack72").toString(),
        "generate",
        "--prompt",
        "Hello",
        "--max-tokens",
        "2");
    assertTrue(Files.exists(clone.resolve("load-tests/target/app/built")));
  }

  private void copyTrackedFiles(Path clone) throws Exception {
    String tracked = run(GIT_LIMIT_MINUTES, PROJECT, "git", "ls-files", "-z");
    for (String name : tracked.split("\0", -1)) {
      Path source = PROJECT.resolve(name);
      // Git lists files that are deleted too, and its list ends with an empty name.
      if (Files.isRegularFile(source)) {
        Path target = clone.resolve(name);
        Files.createDirectories(target.getParent());
        Files.copy(source, target, COPY_ATTRIBUTES);
      }
    }
  }

  /** Returns the standard output of a command that must succeed. */
  private String run(long limitMinutes, Path workingDirectory, String... command) throws Exception {
    Path output = Files.createTempFile(directory, "output", ".txt");
    Path errors = Files.createTempFile(directory, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("RACK72_"));
    // The launcher prefers it to the PATH, and who runs these tests may have set it to a new JDK.
    builder.environment().remove("JAVA_HOME");
    Process process =
        builder
            .directory(workingDirectory.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertTrue(
          process.waitFor(limitMinutes, MINUTES),
          () -> List.of(command) + " is still running after " + limitMinutes + " minutes");
      String written = Files.readString(errors, UTF_8);
      assertEquals(0, process.exitValue(), () -> List.of(command) + ": " + written);
      return Files.readString(output, UTF_8);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static Optional<Path> onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(entry -> Path.of(entry, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Whether this program is of a JDK whose release file tells a version that is too low. */
  private static boolean isTooOld(Path java) {
    try {
      Path release = java.toRealPath().getParent().resolveSibling("release");
      Properties properties = new Properties();
      try (var reader = Files.newBufferedReader(release, UTF_8)) {
        properties.load(reader);
      }
      String version = properties.getProperty("JAVA_VERSION", "").replace("\"", "");
      return Runtime.Version.parse(version).feature() < JAVA_RELEASE;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }
}
