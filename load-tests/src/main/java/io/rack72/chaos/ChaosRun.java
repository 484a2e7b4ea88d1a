package io.rack72.chaos;

import io.rack72.cli.CommandFailedException;
import io.rack72.launch.NodePlan;
import io.rack72.launch.NodeStarter;
import io.rack72.launch.RackProcesses;
import java.io.IOException;
import java.io.Writer;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One run of a scenario, from the start of its rack to the verdict.
 *
 * @param chats whether the model has text
 * @param checkpoint that the rack has for itself, where files of it are to be gone
 * @param say is told what happens, for people
 */
record ChaosRun(
    Scenario scenario,
    long seed,
    List<NodePlan> plans,
    NodeStarter starter,
    RackProcesses.Policy policy,
    boolean chats,
    Optional<Path> checkpoint,
    HttpClient http,
    Reference reference,
    String repeat,
    Path directory,
    Consumer<String> say) {
  /** A pause from which on it is one in the picture, if nothing shorter is asked for. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(1);

  /** Runs it. */
  Verdict run() throws InterruptedException {
    try {
      Files.createDirectories(directory);
      Verdict verdict = judged();
      Files.writeString(directory.resolve("verdict.json"), verdict.toJson().toPrettyString());
      Files.writeString(
          directory.resolve("timeline.svg"),
          Timeline.draw(
              "%s, seed %d: %s".formatted(scenario.name(), seed, scenario.about()),
              verdict.events(),
              scenario.faults().faults(),
              LONG_PAUSE));
      return verdict;
    } catch (IOException e) {
      throw new CommandFailedException("cannot write to %s: %s".formatted(directory, e), e);
    }
  }

  private Verdict judged() throws IOException, InterruptedException {
    List<Finding> findings = new ArrayList<>();
    List<StreamRequest> sent;
    List<Event> events;
    try (Writer log = Files.newBufferedWriter(directory.resolve("rack.log"));
        History history = new History(Files.newBufferedWriter(directory.resolve("history.jsonl")));
        ChaosRack rack = new ChaosRack(plans, starter, policy, history, log)) {
      say.accept("starting %d JVMs".formatted(plans.size()));
      String model = rack.awaitWhole();
      Gateways gateways = new Gateways(rack::gateways);
      say.accept(
          "%s; %d streams for %d s"
              .formatted(
                  scenario.about(),
                  scenario.load().streams(),
                  scenario.load().length().toSeconds()));
      history.begin();
      rack.nodes().forEach(RackNode::tellGateway);
      try (RackWatch _ = new RackWatch(http, gateways, history);
          Injector injector =
              new Injector(rack.nodes(), seed, scenario.random(), checkpoint, history);
          Clients clients =
              new Clients(
                  http,
                  gateways,
                  new RequestMaker(seed, model, chats, scenario.load()),
                  scenario.load().streams(),
                  history,
                  () -> history.nowNanos() < scenario.load().length().toNanos())) {
        injector.start(scenario.faults());
        clients.awaitEnd(scenario.load().length().plus(scenario.limits().grace()));
        sent = clients.sent();
        findings.addAll(new Ledger(http).awaitLevel(gateways, scenario.limits().level()));
      }
      events = history.events();
    }
    say.accept("comparing %d replies with those of a rack without faults".formatted(sent.size()));
    findings.addAll(0, Checker.check(events, reference.answer(sent)));
    return Verdict.of(scenario, seed, findings, events, repeat, directory);
  }
}
