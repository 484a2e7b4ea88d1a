package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

class CommandProviderTest {
  /** Found through META-INF/services, as other modules' providers are. */
  public static final class Provider implements CommandProvider {
    @Override
    public List<Object> commands(Invocation invocation) {
      return List.of(new ProcessorsCommand(invocation));
    }
  }

  @Command(name = "processors", hidden = true)
  static final class ProcessorsCommand implements Callable<Integer> {
    private final Invocation invocation;
    @Spec private CommandSpec spec;

    ProcessorsCommand(Invocation invocation) {
      this.invocation = invocation;
    }

    @Override
    public Integer call() {
      spec.commandLine().getOut().print(invocation.host().processors());
      return 0;
    }
  }

  @Test
  void commandOfAnotherModuleRunsLikeOurOwn() {
    assertEquals(new CommandRun(0, "2", ""), CommandRun.of("processors"));
    assertEquals(2, CommandRun.of("processors", "--nonsense").exitCode());
  }
}
