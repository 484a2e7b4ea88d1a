package io.rack72.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * The Node.js scripts of {@code src/test/npm} and the official OpenAI client that they import,
 * installed into {@code target/npm}.
 *
 * <p>Thread-safe: installation happens once, and each script runs in a process of its own.
 */
public final class NpmProject {
  private static final Path SOURCE = Path.of("src", "test", "npm").toAbsolutePath();
  private static final Path TARGET = Path.of("target", "npm").toAbsolutePath();
  private static final Path LOCK_FILE = Path.of("package-lock.json");

  /** A copy of the lock file that was installed, written when the installation has succeeded. */
  private static final Path INSTALLED = Path.of("installed.json");

  /** The environment variable that is {@code true} where these tests must not be skipped. */
  static final String REQUIRED = "RACK72_REQUIRE_NPM";

  private static final Duration INSTALL_DEADLINE = Duration.ofMinutes(3);

  private NpmProject() {}

  /**
   * Copies the scripts and installs the packages that the lock file pins, unless that has been
   * done. Packages come from npm's cache where it has them.
   *
   * @throws org.opentest4j.TestAbortedException if {@code node} or {@code npm} is not on the PATH
   * @throws AssertionError if the installation fails or takes longer than three minutes, or a
   *     program is missing that {@value #REQUIRED} demands
   */
  public static synchronized NpmProject install() {
    requirePrograms(
        Boolean.parseBoolean(System.getenv(REQUIRED)), System.getenv().getOrDefault("PATH", ""));
    try {
      copySources();
      if (!isInstalled()) {
        run(
            INSTALL_DEADLINE,
            List.of(
                "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"));
        Files.copy(TARGET.resolve(LOCK_FILE), TARGET.resolve(INSTALLED), REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy " + SOURCE + " to " + TARGET, e);
    }
    return new NpmProject();
  }

  /**
   * Runs {@code node script arguments} in {@code target/npm}.
   *
   * @param script the name of a file in {@code src/test/npm}
   * @return what the script wrote to its standard output
   * @throws AssertionError with all that the script wrote, if it fails or is still running at the
   *     deadline; it is killed then
   */
  public String node(Duration deadline, String script, String... arguments) {
    List<String> command = new ArrayList<>(List.of("node", script));
    command.addAll(Arrays.asList(arguments));
    return run(deadline, command);
  }

  static void requirePrograms(boolean required, String path) {
    for (String program : List.of("node", "npm")) {
      if (!isOnPath(program, path)) {
        String missing =
            program + " is not on the PATH; install Node.js 20 or newer to run this test";
        if (required) {
          throw new AssertionError(missing);
        }
        Assumptions.abort(missing);
      }
    }
  }

  private static boolean isOnPath(String program, String path) {
    return Arrays.stream(path.split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static void copySources() throws IOException {
    Files.createDirectories(TARGET);
    try (var sources = Files.newDirectoryStream(SOURCE, Files::isRegularFile)) {
      for (Path source : sources) {
        Files.copy(source, TARGET.resolve(source.getFileName()), REPLACE_EXISTING);
      }
    }
  }

  private static boolean isInstalled() throws IOException {
    Path installed = TARGET.resolve(INSTALLED);
    return Files.exists(installed) && Files.mismatch(installed, TARGET.resolve(LOCK_FILE)) == -1;
  }

  /** Output goes through files, because a pipe that nobody reads would stop the process. */
  private static String run(Duration deadline, List<String> command) {
    try {
      Path output = Files.createTempFile(TARGET, "output", ".txt");
      Path errors = Files.createTempFile(TARGET, "errors", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .directory(TARGET.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        String ending = waitFor(process, deadline);
        String written = Files.readString(output, UTF_8);
        if (!ending.equals("exit 0")) {
          throw new AssertionError(
              "%s: %s\n%s%s"
                  .formatted(
                      String.join(" ", command), ending, written, Files.readString(errors, UTF_8)));
        }
        return written;
      } finally {
        Files.delete(output);
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    }
  }

  private static String waitFor(Process process, Duration deadline) {
    try {
      if (process.waitFor(deadline.toMillis(), MILLISECONDS)) {
        return "exit " + process.exitValue();
      }
      return "still running after " + deadline.toSeconds() + " s";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
