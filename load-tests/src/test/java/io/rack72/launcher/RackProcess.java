package io.rack72.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** A {@code ./rack72} of this build, as a process. */
public final class RackProcess implements AutoCloseable {
  private static final Path LAUNCHER = Path.of("..", "rack72").toAbsolutePath().normalize();
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  /** The JVM says this of itself, at every start with the Vector API. */
  private static final String OF_THE_JVM = "WARNING: Using incubator modules";

  /** Whether the launcher has prepared what it prepares once, which no test is to wait for. */
  private static final AtomicBoolean PREPARED = new AtomicBoolean();

  private final List<String> arguments;
  private final Path errors;
  private final Process process;
  private final BufferedReader output;

  /** Starts it with nothing of Rack72's in its environment. */
  RackProcess(Path directory, List<String> arguments) throws IOException {
    this(directory, Map.of(), arguments);
  }

  /**
   * Starts it.
   *
   * @param directory for what it writes
   * @param environment besides this JVM's, of which it gets nothing that is Rack72's
   */
  public RackProcess(Path directory, Map<String, String> environment, List<String> arguments)
      throws IOException {
    if (PREPARED.compareAndSet(false, true)) {
      try (RackProcess first = new RackProcess(directory, List.of("--version"))) {
        first.end(Duration.ofMinutes(5));
      }
    }
    this.arguments = arguments;
    errors = Files.createTempFile(directory, "errors", ".txt");
    ProcessBuilder builder = new ProcessBuilder(LAUNCHER.toString());
    builder.command().addAll(arguments);
    builder.environment().keySet().removeIf(name -> name.startsWith("RACK72_"));
    builder.environment().putAll(environment);
    process = builder.redirectError(errors.toFile()).start();
    output = process.inputReader(UTF_8);
  }

  /** What it wrote until it ended by itself. */
  public record Ended(int exitCode, String output, String errors) {}

  /** The next line of its standard output. */
  public String readLine() {
    CompletableFuture<String> line =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return output.readLine();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try {
      String read = line.get(DEADLINE.toSeconds(), SECONDS);
      if (read == null) {
        throw new AssertionError("%s ended early: %s".formatted(arguments, end()));
      }
      return read;
    } catch (ExecutionException | IOException | TimeoutException e) {
      throw new AssertionError(arguments + " wrote no line within " + DEADLINE + errors(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Ends it without telling it, as a system does that has no memory left. */
  public void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Tells it to stop, as systems do. */
  public void terminate() {
    // Unlike that of the process, the handle's method leaves the pipe open, to be read to its end.
    process.toHandle().destroy();
  }

  /** Waits for its end; its output is a few lines and fits the pipe. */
  public Ended end() throws IOException {
    return end(DEADLINE);
  }

  /** As above, with another deadline. */
  public Ended end(Duration deadline) throws IOException {
    try {
      if (!process.waitFor(deadline.toSeconds(), SECONDS)) {
        throw new AssertionError(arguments + " is still running after " + deadline + errors());
      }
      return new Ended(
          process.exitValue(), output.lines().collect(Collectors.joining("\n")), errors());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return String.join(" ", arguments);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** What it has written to its standard error so far. */
  public String errors() {
    try (var lines = Files.lines(errors, UTF_8)) {
      return lines.filter(line -> !line.startsWith(OF_THE_JVM)).collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
