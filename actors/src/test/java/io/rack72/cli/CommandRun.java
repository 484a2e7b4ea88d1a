package io.rack72.cli;

import io.rack72.config.Host;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** One run of the program in this JVM, and what came of it. */
record CommandRun(int exitCode, String out, String err) {
  private static final long HOST_MEMORY_BYTES = 64L << 20;

  /** Runs with nothing on standard input. */
  static CommandRun of(String... args) {
    return of(invocation("", false, localLauncher()), args);
  }

  static CommandRun of(Invocation invocation, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine(invocation);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    int exitCode = commandLine.execute(args);
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  /** A program that no model came with. */
  static Invocation invocation(String in, boolean onTerminal, RackLauncher launcher) {
    return invocation(in, onTerminal, Optional.empty(), launcher);
  }

  static Invocation invocation(
      String in, boolean onTerminal, Optional<Path> bundledModel, RackLauncher launcher) {
    return new Invocation(
        new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
        onTerminal,
        new Host(2, Map.of()),
        HOST_MEMORY_BYTES,
        bundledModel,
        launcher);
  }

  static RackLauncher localLauncher() {
    return new LocalLauncher(HOST_MEMORY_BYTES);
  }

  /** Makes a checkpoint that is small enough for a test; without a tokenizer. */
  static Path smallCheckpoint(Path directory) {
    CommandRun run =
        of(
            "model",
            "make",
            "--shape",
            "demo",
            "--seed",
            "5",
            "--out",
            directory.toString(),
            "--vocab",
            "256",
            "--layers",
            "2",
            "--experts",
            "8",
            "--max-positions",
            "512");
    if (run.exitCode() != 0) {
      throw new IllegalStateException(run.err());
    }
    return directory;
  }
}
