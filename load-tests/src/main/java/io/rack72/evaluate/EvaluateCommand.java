package io.rack72.evaluate;

import io.rack72.cli.ApiServer;
import io.rack72.cli.CommandFailedException;
import io.rack72.cli.Invocation;
import io.rack72.cli.ServerOptions;
import io.rack72.cli.Version;
import io.rack72.config.ModelSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code evaluate}: prompts of which the right answers are known, sent to a server over HTTP. */
@Command(
    name = "evaluate",
    description = "Scores a model's replies to prompts of which the right answers are known.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "A reply is well-formed if it is good harmony, ends by itself, and says something",
      "or calls a function; only such a one can be right. Exit code 0 says that 97%% of",
      "the replies are well-formed, 90%% of the answers right, 80%% of those to held-out",
      "phrasings, 90%% of the tool calls, and all greedy replies equal to the reference.",
      "If not, or if there is no prompt of a kind, it is 1."
    })
final class EvaluateCommand implements Callable<Integer> {
  private static final int MAX_CONCURRENCY = 1024;

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private ServerOptions serverOptions;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "Conversations to be answered, one JSON object on each line.")
  private Path prompts;

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "Token ids and the likeliest ones after them, one JSON object on each line;"
              + " without it, those of rack72-mini for that model, and none for others.")
  private Path tokens;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Only so many of the conversations, from all over their file.")
  private int limit = Integer.MAX_VALUE;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "8",
      description = "Requests under way at a time; default ${DEFAULT-VALUE}.")
  private int concurrency;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Of the replies to conversations; without it, the server's default.")
  private Double temperature;

  @Option(
      names = "--failures",
      paramLabel = "FILE",
      description = "Where to write every prompt that failed, with its reply and why.")
  private Path failures;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  private Optional<ExpertUse> experts = Optional.empty();

  EvaluateCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (limit < 1) {
      throw usage("--limit is at least 1, not " + limit);
    }
    if (concurrency < 1 || concurrency > MAX_CONCURRENCY) {
      throw usage("--concurrency is 1 to %d, not %d".formatted(MAX_CONCURRENCY, concurrency));
    }
    List<ChatPrompt> chats =
        Evaluation.spread(ChatPrompt.readAll(Optional.ofNullable(prompts)), limit);
    Optional<List<GreedyPrompt>> given =
        Optional.ofNullable(tokens).map(file -> GreedyPrompt.readAll(Optional.of(file)));
    Report report = run(chats, given);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.toJson());
    } else {
      out.print(report.toText());
    }
    out.flush();
    // Last, so that a file that cannot be written costs nobody the report.
    if (failures != null) {
      write(report);
    }
    return report.reached() ? 0 : 1;
  }

  private Report run(List<ChatPrompt> chats, Optional<List<GreedyPrompt>> given)
      throws InterruptedException {
    OptionalDouble asked =
        temperature == null ? OptionalDouble.empty() : OptionalDouble.of(temperature);
    try (ApiServer server =
            serverOptions.open(
                spec.commandLine(),
                invocation,
                model -> {
                  experts = Optional.of(new ExpertUse(model));
                  return experts.get();
                });
        EvaluationClient client = new EvaluationClient(server, asked)) {
      List<GreedyPrompt> greedy = given.orElseGet(() -> greedyPromptsFor(client.model()));
      Evaluation run = Evaluation.run(client, chats, greedy, concurrency, this::show);
      return new Report(client.model(), run, experts.map(use -> new ExpertHistogram(use.ranked())));
    }
  }

  /** Token ids mean something to one model only: those that come with the program, to its own. */
  private static List<GreedyPrompt> greedyPromptsFor(String model) {
    return model.equals(ModelSettings.BUNDLED) ? GreedyPrompt.readAll(Optional.empty()) : List.of();
  }

  private void show(int replies, int of) {
    if (invocation.onTerminal()) {
      PrintWriter err = spec.commandLine().getErr();
      err.print(replies < of ? "\r%d of %d replies".formatted(replies, of) : "\r\033[K");
      err.flush();
    }
  }

  private void write(Report report) {
    try {
      Files.write(failures, report.failures().stream().map(Object::toString).toList());
    } catch (IOException e) {
      throw new CommandFailedException("cannot write %s: %s".formatted(failures, e), e);
    }
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
