package io.rack72.load;

import io.rack72.cli.Invocation;
import io.rack72.config.Host;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** {@code bench load} in this JVM, in a pipe. */
record LoadRun(int exitCode, String out, String err) {
  /** Runs it to its end. */
  static LoadRun of(String... arguments) {
    Invocation invocation =
        new Invocation(
            new ByteArrayInputStream(new byte[0]),
            false,
            new Host(2, Map.of("RACK72_API_KEY", "k")),
            1L << 30,
            Optional.empty(),
            null);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        new CommandLine(new BenchLoadCommand(invocation))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                  command.getErr().println(failure.getMessage());
                  return 1;
                })
            .execute(arguments);
    return new LoadRun(exitCode, out.toString(), err.toString());
  }
}
