package io.rack72.evaluate;

import io.rack72.cli.CommandProvider;
import io.rack72.cli.Invocation;
import java.util.List;

/** Adds {@code evaluate} to the program. */
public final class EvaluateCommands implements CommandProvider {
  @Override
  public List<Object> commands(Invocation invocation) {
    return List.of(new EvaluateCommand(invocation));
  }
}
