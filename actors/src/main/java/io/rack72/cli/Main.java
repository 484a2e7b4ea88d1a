package io.rack72.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.ServiceLoader;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.RunLast;

/** The program. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    CommandLine commandLine = commandLine(Invocation.ofThisProcess());
    // Text is UTF-8 whatever the locale, since that is what files and programs around it hold.
    commandLine.setOut(writer(FileDescriptor.out));
    commandLine.setErr(writer(FileDescriptor.err));
    System.exit(commandLine.execute(args));
  }

  private static PrintWriter writer(FileDescriptor stream) {
    return new PrintWriter(new FileOutputStream(stream), true, StandardCharsets.UTF_8);
  }

  /** All commands, those of other modules included. */
  static CommandLine commandLine(Invocation invocation) {
    RootCommand root = new RootCommand();
    CommandLine commandLine = new CommandLine(root);
    commands(invocation).forEach(commandLine::addSubcommand);
    for (CommandProvider provider : ServiceLoader.load(CommandProvider.class)) {
      provider.commands(invocation).forEach(commandLine::addSubcommand);
    }
    Failures failures = new Failures(root);
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(
            parsed -> {
              if (root.debug()) {
                // Read when the first logger is made, which no command has done yet.
                System.setProperty("logback.configurationFile", "logback-debug.xml");
              }
              // From one thread: loggers asked for by many while the first is made lose their
              // events.
              LoggerFactory.getILoggerFactory();
              return new RunLast().execute(parsed);
            })
        .setParameterExceptionHandler(failures)
        .setExecutionExceptionHandler(failures);
  }

  private static List<Object> commands(Invocation invocation) {
    return List.of(
        new ServeCommand(invocation),
        new ClusterCommand(invocation, Main.class),
        new TrayCommand(invocation),
        new GatewayCommand(invocation),
        new RehearseCommand(invocation),
        new GenerateCommand(invocation),
        new ChatCommand(invocation),
        TwinCommand.commandLine(invocation),
        ModelCommand.commandLine(invocation),
        new CertsCommand());
  }
}
