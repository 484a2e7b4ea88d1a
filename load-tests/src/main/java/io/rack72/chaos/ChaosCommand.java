package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.cli.ApiServer;
import io.rack72.cli.ClusterLaunch;
import io.rack72.cli.CommandFailedException;
import io.rack72.cli.Invocation;
import io.rack72.cli.Main;
import io.rack72.cli.RackOptions;
import io.rack72.cli.Version;
import io.rack72.config.Rack72Config;
import io.rack72.fault.Fault;
import io.rack72.launch.NodePlan;
import io.rack72.launch.TrayList;
import io.rack72.model.ForwardObserver;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code chaos}: a rack of several JVMs is made to fail, and every token is checked. */
@Command(
    name = "chaos",
    description = "Makes a rack fail under load and checks that no token is lost or changed.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "Exit code 0 says that in all runs every reply was, token for token, that of a rack",
      "without faults, that each request ended once, that nothing was left in the rack,",
      "and that pauses were as short as the scenario asks. If not, it is 1, and the",
      "command is told that repeats the run."
    })
final class ChaosCommand implements Callable<Integer> {
  private static final String ALL = "all";
  private static final int MAX_RUNS = 10_000;
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private RackOptions rackOptions;

  @Option(
      names = "--scenario",
      paramLabel = "NAME|FILE|all",
      required = true,
      description =
          "What happens: a file, or the name of one that comes with the program, or all of"
              + " those; a wrong name tells which there are.")
  private String scenario;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of all that is left to chance; the default is ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--runs",
      paramLabel = "K",
      defaultValue = "1",
      description = "Runs with this seed and those after it; the default is ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "Clients that read a stream each; the default is the scenario's.")
  private Integer streams;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "chaos",
      description =
          "Where each run's history, verdict, timeline and log go; the default is ./chaos.")
  private Path out;

  @Option(names = "--json", description = "Tell each verdict as one line of JSON.")
  private boolean json;

  ChaosCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() throws Exception {
    if (runs < 1 || runs > MAX_RUNS) {
      throw usage("--runs is 1 to %d, not %d".formatted(MAX_RUNS, runs));
    }
    List<String> names = scenario.equals(ALL) ? ScenarioReader.NAMES : List.of(scenario);
    // What is wrong with any of them is told before the first begins.
    List<List<Scenario>> scenarios = names.stream().map(this::withItsSeeds).toList();
    int good = 0;
    try (HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_LIMIT)
            .build()) {
      for (List<Scenario> ofOne : scenarios) {
        good += run(ofOne, http);
      }
      // Connections that gave up are not waited for.
      http.shutdownNow();
    }
    int all = runs * names.size();
    if (all > 1 && !json) {
      PrintWriter text = spec.commandLine().getOut();
      text.println("%d of %d runs are good".formatted(good, all));
      text.flush();
    }
    return good == all ? 0 : 1;
  }

  private List<Scenario> withItsSeeds(String name) {
    List<Scenario> scenarios = new ArrayList<>();
    for (int i = 0; i < runs; i++) {
      Scenario read = ScenarioReader.read(name, seed + i);
      scenarios.add(streams == null ? read : read.withStreams(requireStreams(streams)));
    }
    return scenarios;
  }

  /** Runs one scenario with each of its seeds, and tells how many runs were good. */
  private int run(List<Scenario> scenarios, HttpClient http)
      throws IOException, InterruptedException {
    rackOptions.putBeneath(scenarios.getFirst().rack().settings());
    int good = 0;
    try (ApiServer server = reference()) {
      for (int i = 0; i < scenarios.size(); i++) {
        ChaosRun run = run(scenarios.get(i), seed + i, http, new Reference(server, http));
        try {
          Verdict verdict = run.run();
          tell(verdict);
          good += verdict.isGood() ? 1 : 0;
        } catch (CommandFailedException e) {
          // One that has no verdict is no good run, and others may be.
          say("%s; repeat with: %s".formatted(e.getMessage(), run.repeat()));
        }
      }
    }
    return good;
  }

  private int requireStreams(int count) {
    if (count < 1 || count > ScenarioReader.MAX_STREAMS) {
      throw usage("--streams is 1 to %d, not %d".formatted(ScenarioReader.MAX_STREAMS, count));
    }
    return count;
  }

  /** A rack of this JVM, with the model and arithmetic of those that fail. */
  private ApiServer reference() {
    return ApiServer.own(
        rackOptions
            .layers()
            .set("rack72.expert-parallel=1")
            .set("rack72.data-parallel=1")
            .set("rack72.kv.bytes-per-gpu=auto")
            .set("rack72.cpu.threads=auto")
            .set("rack72.scheduler.max-waiting=10000"),
        "chaos",
        invocation,
        _ -> ForwardObserver.NONE);
  }

  private ChaosRun run(Scenario of, long runSeed, HttpClient http, Reference reference)
      throws IOException {
    Path directory = out.resolve("%s-%d".formatted(of.name(), runSeed));
    Rack72Config config = rackOptions.layers().load(invocation.host());
    Optional<Path> copy =
        of.faults().faults().stream()
                .anyMatch(fault -> fault.fault() instanceof Fault.CheckpointGone)
            ? Optional.of(copyOf(config, directory.resolve("model")))
            : Optional.empty();
    ClusterLaunch launch = new ClusterLaunch(rackOptions, config, invocation, Main.class);
    TrayList trays = TrayList.all(config.rack().trays());
    List<String> words = new ArrayList<>(List.of("--accept-faults"));
    copy.ifPresent(
        path ->
            words.addAll(
                List.of(
                    "--set", "rack72.model.name=" + launch.modelName(),
                    "--set", "rack72.model.path=\"" + path.toAbsolutePath() + "\"")));
    return new ChaosRun(
        of,
        runSeed,
        plans(of, trays),
        launch.starter(trays, of.rack().jvms(), words),
        launch.policy(of.rack().restart()),
        launch.hasText(),
        copy,
        http,
        reference,
        repeat(of, runSeed),
        directory,
        this::say);
  }

  private List<NodePlan> plans(Scenario of, TrayList trays) {
    try {
      List<TrayList> parts = trays.split(of.rack().jvms());
      List<NodePlan> plans = new ArrayList<>();
      for (int node = 0; node < parts.size(); node++) {
        plans.add(
            new NodePlan(
                parts.get(node),
                of.rack().gateways().contains(node) ? OptionalInt.of(0) : OptionalInt.empty()));
      }
      return plans;
    } catch (IllegalArgumentException e) {
      throw new CommandFailedException(
          "the scenario's JVMs do not fit its rack: " + e.getMessage(), e);
    }
  }

  private Path copyOf(Rack72Config config, Path to) throws IOException {
    Path from =
        config
            .model()
            .directory()
            .or(invocation::bundledModel)
            .orElseThrow(() -> new CommandFailedException("there is no model to copy"));
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(file.getFileName());
        Files.deleteIfExists(copy);
        Files.copy(file, copy);
      }
    }
    return to;
  }

  /** The words by which a person repeats one run. */
  private String repeat(Scenario of, long runSeed) {
    String which = scenario.equals(ALL) ? of.name() : scenario;
    List<String> words =
        new ArrayList<>(List.of("./rack72", "chaos", "--scenario", which, "--seed", "" + runSeed));
    if (streams != null) {
      words.addAll(List.of("--streams", "" + streams));
    }
    words.addAll(rackOptions.given());
    return String.join(" ", words.stream().map(ChaosCommand::quoted).toList());
  }

  private static String quoted(String word) {
    return word.matches("[\\w./=:,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private void say(String sentence) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("rack72: " + sentence);
    err.flush();
  }

  private void tell(Verdict verdict) {
    PrintWriter text = spec.commandLine().getOut();
    if (json) {
      ObjectNode line = verdict.toJson();
      text.println(line);
    } else {
      text.print(verdict.toText());
    }
    text.flush();
  }

  private ParameterException usage(String sentence) {
    return new ParameterException(spec.commandLine(), sentence);
  }
}
