package io.rack72.cli;

import io.rack72.config.InvalidConfigException;
import io.rack72.twin.EventHistory;
import io.rack72.twin.Frontier;
import io.rack72.twin.Html;
import io.rack72.twin.Twin;
import io.rack72.twin.TwinFaults;
import io.rack72.twin.TwinReport;
import io.rack72.twin.VirtualTime;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code twin}: a workload on a modeled rack, in virtual time. */
@Command(
    name = "twin",
    description = "Simulates a rack that serves a workload, faster than it would run.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false)
final class TwinCommand implements Callable<Integer> {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Invocation invocation;

  @Spec private CommandSpec spec;
  @Mixin private TwinOptions options;

  @Option(
      names = "--history",
      paramLabel = "FILE",
      description = "Write every message between actors there, one a line.")
  private Path history;

  @Option(
      names = "--faults",
      paramLabel = "FILE",
      description =
          "Have GPUs, ports or trays fail as a schedule has it, at virtual times, and tell what"
              + " that did.")
  private Path faults;

  @Option(
      names = "--sweep",
      paramLabel = "N,N,..",
      split = ",",
      description = "A run for each number of requests at once, and the frontier of them.")
  private List<Integer> sweep = List.of();

  @Option(
      names = "--layouts",
      paramLabel = "LAYOUT,..",
      split = ",",
      description = "With --sweep: layouts as --layout takes them, each with all of it.")
  private List<String> layouts = List.of();

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the report there too, as a page with plots.")
  private Path html;

  @Option(names = "--json", description = "Report as one line of JSON.")
  private boolean json;

  private TwinCommand(Invocation invocation) {
    this.invocation = invocation;
  }

  /** The command with its own commands. */
  static CommandLine commandLine(Invocation invocation) {
    return new CommandLine(new TwinCommand(invocation))
        .addSubcommand(new TwinCalibrateCommand(invocation))
        .addSubcommand(new TwinChatCommand(invocation));
  }

  @Override
  public Integer call() throws IOException {
    // Before a run that may take minutes.
    Optional<WholeFile> page = Optional.ofNullable(html).map(WholeFile::at);
    if (sweep.isEmpty() && !layouts.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--layouts needs --sweep");
    }
    if (sweep.isEmpty()) {
      tellRun(page);
    } else {
      tellFrontier(page);
    }
    return 0;
  }

  private void tellRun(Optional<WholeFile> page) throws IOException {
    TwinOptions.Scenario scenario = options.scenario(spec.commandLine(), invocation.host());
    scenario
        .impossible()
        .ifPresent(
            why -> {
              throw new CommandFailedException(why);
            });
    TwinFaults schedule = faults(scenario);
    long begin = System.nanoTime();
    TwinReport report = run(scenario, schedule);
    page.ifPresent(file -> file.write(Html.of(report)));
    tell(json ? Json.line(report) + "\n" : report.toText());
    if (invocation.onTerminal()) {
      tellSpeed(report, scenario, (System.nanoTime() - begin) / NANOS_PER_SECOND);
    }
    TwinReport.Requests requests = report.requests();
    if (requests.failed() > 0 && requests.finished() == 0) {
      throw new CommandFailedException(
          "no request finished and %,d failed, the first since %s"
              .formatted(requests.failed(), requests.failure()));
    }
  }

  private void tellFrontier(Optional<WholeFile> page) throws IOException {
    if (history != null) {
      throw new ParameterException(spec.commandLine(), "--history is of one run, not of a --sweep");
    }
    if (faults != null) {
      throw new ParameterException(spec.commandLine(), "--faults are of one run, not of a --sweep");
    }
    checkSomeLayoutCanMeetTheSlo();
    List<Frontier.Point> points = new ArrayList<>();
    for (String layout : spreads()) {
      for (int concurrency : sweep) {
        TwinOptions.Scenario scenario =
            options.scenario(spec.commandLine(), invocation.host(), layout, concurrency);
        TwinReport report = run(scenario, TwinFaults.NONE);
        points.add(new Frontier.Point(report.layout(), concurrency, false, report));
      }
    }
    Frontier frontier = Frontier.of(points);
    page.ifPresent(file -> file.write(Html.of(frontier)));
    tell(json ? Json.line(frontier) + "\n" : frontier.toText());
  }

  /** One that was not named is the rack's own. */
  private List<String> spreads() {
    return layouts.isEmpty() ? Collections.singletonList(null) : layouts;
  }

  private void checkSomeLayoutCanMeetTheSlo() {
    List<String> reasons = new ArrayList<>();
    for (String layout : spreads()) {
      Optional<String> why =
          options
              .scenario(spec.commandLine(), invocation.host(), layout, sweep.getFirst())
              .impossible();
      if (why.isEmpty()) {
        return;
      }
      reasons.add(why.get());
    }
    throw new CommandFailedException(reasons.getFirst());
  }

  private void tell(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }

  private TwinFaults faults(TwinOptions.Scenario scenario) {
    if (faults == null) {
      return TwinFaults.NONE;
    }
    try {
      return TwinFaults.read(
          faults,
          scenario.workload().seed(),
          scenario.hardware(),
          scenario.rack().layout(),
          Duration.ofNanos(scenario.workload().endNanos()));
    } catch (InvalidConfigException e) {
      // The command line was right, what it names is not.
      throw new CommandFailedException(e.getMessage(), e);
    }
  }

  private TwinReport run(TwinOptions.Scenario scenario, TwinFaults schedule) throws IOException {
    if (history == null) {
      return Twin.run(
          scenario.rack(), scenario.workload(), scenario.valuation(), schedule, new VirtualTime());
    }
    try (Writer lines = Files.newBufferedWriter(history)) {
      return Twin.run(
          scenario.rack(),
          scenario.workload(),
          scenario.valuation(),
          schedule,
          new VirtualTime(new EventHistory(lines)));
    } catch (IOException e) {
      throw new CommandFailedException("cannot write the history to " + history + ": " + e, e);
    }
  }

  /** Not in the report, which depends on the scenario alone. */
  private void tellSpeed(TwinReport report, TwinOptions.Scenario scenario, double seconds) {
    spec.commandLine()
        .getErr()
        .printf(
            "simulated %.1f s in %.1f s: %.1f times as fast, %,.0f requests/s, %,.0f events/s%n",
            scenario.workload().endNanos() / NANOS_PER_SECOND,
            seconds,
            scenario.workload().endNanos() / NANOS_PER_SECOND / seconds,
            report.requests().finished() / seconds,
            report.events() / seconds);
  }
}
