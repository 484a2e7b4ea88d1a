package io.rack72.bench;

import io.rack72.cli.CommandProvider;
import io.rack72.cli.Invocation;
import java.util.List;

/** Adds {@code bench} to the program. */
public final class BenchCommands implements CommandProvider {
  @Override
  public List<Object> commands(Invocation invocation) {
    return List.of(BenchCommand.commandLine(invocation));
  }
}
