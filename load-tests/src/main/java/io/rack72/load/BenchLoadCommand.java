package io.rack72.load;

import io.rack72.cli.ApiServer;
import io.rack72.cli.Invocation;
import io.rack72.cli.Version;
import io.rack72.config.Secret;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench load}. */
@Command(
    name = "load",
    description = "Puts load on a server with OpenAI's API and measures what its clients see.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "steady        requests of one kind, in a closed or an open loop.",
      "prefix        prompts that begin alike: TTFT of those with a beginning that the",
      "              server has never seen, and of those with one that it has.",
      "interference  streams that decode, and a long prompt that is prefilled beside",
      "              them: what it does to the time between their tokens.",
      "soak          mixed load, with clients that go away, read slowly or ask for what",
      "              cannot be; then nothing must be left in the rack (Rack72 only).",
      "",
      "TTFT is the time until the first event of a stream that carries a token, since",
      "the request was sent or, in an open loop, was due. ITL is the time between two",
      "successive events that carry tokens, one sample for each event however many",
      "tokens it carries; TPOT is the time from the first event to the last, for each",
      "token after the first. Tokens are counted by token_ids and usage; where a server",
      "gives neither, an event is one token. An API key is taken from RACK72_API_KEY.",
      "",
      "Exit code 1 says that a request did not get the answer that it should, or that",
      "after a soak something was left."
    })
public final class BenchLoadCommand implements Callable<Integer> {
  private static final String API_KEY = "RACK72_API_KEY";
  private static final double MAX_TIMEOUT_SECONDS = 86_400;
  private static final long MILLIS_PER_SECOND = 1000;

  private final Invocation invocation;

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8000",
      description = "Server to put load on; default ${DEFAULT-VALUE}.")
  private URI url;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Name of the model there; without it, the first that the server names.")
  private String model;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "600",
      description = "Seconds that a request may take; default ${DEFAULT-VALUE}.")
  private double timeoutSeconds;

  @Mixin private ScenarioOptions options;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  /** A command of this invocation of the program. */
  public BenchLoadCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (url.getHost() == null || !List.of("http", "https").contains(url.getScheme())) {
      throw usage("--url is such as http://localhost:8000, not '" + url + "'");
    }
    // Written so that NaN is refused.
    if (!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)) {
      throw usage("--timeout is more than 0 and at most %.0f".formatted(MAX_TIMEOUT_SECONDS));
    }
    LoadReport report = run(scenario());
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.toJson());
    } else {
      report.print(out);
    }
    out.flush();
    return report.passed() ? 0 : 1;
  }

  private Scenario scenario() {
    try {
      return options.scenario(spec.commandLine().getParseResult());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private LoadReport run(Scenario scenario) throws InterruptedException {
    Optional<Secret> apiKey =
        Optional.ofNullable(invocation.host().environment().get(API_KEY))
            .filter(key -> !key.isEmpty())
            .map(Secret::new);
    Duration timeout = Duration.ofMillis((long) (timeoutSeconds * MILLIS_PER_SECOND));
    try (ApiServer server = ApiServer.at(url, apiKey, Optional.ofNullable(model));
        LoadClient client = new LoadClient(server, timeout);
        ProgressLine progress =
            new ProgressLine(spec.commandLine().getErr(), invocation.onTerminal())) {
      return scenario.run(client, progress);
    }
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
