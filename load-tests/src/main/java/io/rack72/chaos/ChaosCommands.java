package io.rack72.chaos;

import io.rack72.cli.CommandProvider;
import io.rack72.cli.Invocation;
import java.util.List;

/** Adds {@code chaos} to the program. */
public final class ChaosCommands implements CommandProvider {
  @Override
  public List<Object> commands(Invocation invocation) {
    return List.of(new ChaosCommand(invocation));
  }
}
