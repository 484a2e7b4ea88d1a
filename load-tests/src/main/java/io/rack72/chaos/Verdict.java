package io.rack72.chaos;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.fault.FaultText;
import io.rack72.fault.ScheduledFault;
import io.rack72.load.Summary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What came of a run.
 *
 * @param seed of it
 * @param findings all that must not be; nothing where the run is good
 * @param events of it
 * @param calm the largest pauses of the streams before the first fault
 * @param repeat the command that repeats it
 * @param directory where its files are
 */
record Verdict(
    Scenario scenario,
    long seed,
    List<Finding> findings,
    List<Event> events,
    Optional<Summary> calm,
    String repeat,
    Path directory) {
  private static final int SHOWN = 10;

  /**
   * Judges a run.
   *
   * @param found by the checker and in the ledger
   */
  static Verdict of(
      Scenario scenario,
      long seed,
      List<Finding> found,
      List<Event> events,
      String repeat,
      Path directory) {
    Pauses pauses = new Pauses(events);
    List<Finding> findings = new ArrayList<>(found);
    findings.addAll(FaultChecker.check(scenario, events));
    Duration first =
        scenario.faults().faults().isEmpty()
            ? scenario.load().length()
            : scenario.faults().faults().getFirst().at();
    Optional<Summary> calm = pauses.beforeAll(first);
    return new Verdict(scenario, seed, List.copyOf(findings), events, calm, repeat, directory);
  }

  boolean isGood() {
    return findings.isEmpty();
  }

  /** Whether all tokens and texts were right, whatever else was not. */
  boolean tokensAreRight() {
    return findings.stream()
        .noneMatch(
            finding ->
                switch (finding.kind()) {
                  case WRONG_TOKEN,
                      MISSING_TOKENS,
                      DOUBLED_TOKENS,
                      WRONG_TEXT,
                      MISSING_TEXT,
                      DOUBLED_TEXT,
                      WRONG_LOGPROB,
                      WRONG_END,
                      WRONG_USAGE,
                      ENDED_TWICE ->
                      true;
                  default -> false;
                });
  }

  private long count(Event.Kind kind) {
    return events.stream().filter(event -> event.kind() == kind).count();
  }

  /** For programs. */
  ObjectNode toJson() {
    ObjectNode json = Json.object();
    json.put("scenario", scenario.name())
        .put("seed", seed)
        .put("good", isGood())
        .put("tokens_are_right", tokensAreRight())
        .put("streams", scenario.load().streams())
        .put("requests", count(Event.Kind.SENT))
        .put("complete", count(Event.Kind.DONE))
        .put("failed", count(Event.Kind.FAILED))
        .put("stuck", count(Event.Kind.STUCK))
        .put("broken", count(Event.Kind.BROKEN))
        .put("resumed", count(Event.Kind.RESUMED))
        .put("retried", count(Event.Kind.RETRIED))
        .put("tokens", count(Event.Kind.TOKEN));
    ArrayNode faults = json.putArray("faults");
    Pauses pauses = new Pauses(events);
    for (ScheduledFault fault : scenario.faults().faults()) {
      ObjectNode entry = faults.addObject().put("at_ms", fault.at().toMillis());
      entry.set("fault", Json.tree(FaultText.write(fault.fault())));
      Summary.put(entry, "pause_ms", pauses.of(fault, scenario.limits().effect()));
      Summary.put(entry, "first_token_ms", pauses.firstTokens(fault));
    }
    json.put("pause_p99_limit_ms", scenario.limits().pauseP99().toMillis());
    Summary.put(json, "calm_pause_ms", calm);
    ArrayNode list = json.putArray("findings");
    findings.forEach(finding -> list.add(finding.toJson()));
    return json.put("repeat", repeat).put("directory", directory.toString());
  }

  /** For people. */
  String toText() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s, seed %d: %s; %d requests, %d complete, %d failed, %d stuck, %d resumed, %d tokens%n"
            .formatted(
                scenario.name(),
                seed,
                isGood() ? "good" : tokensAreRight() ? "not good, but no wrong token" : "WRONG",
                count(Event.Kind.SENT),
                count(Event.Kind.DONE),
                count(Event.Kind.FAILED),
                count(Event.Kind.STUCK),
                count(Event.Kind.RESUMED),
                count(Event.Kind.TOKEN)));
    Pauses pauses = new Pauses(events);
    calm.ifPresent(summary -> text.append(row("before any fault", summary)));
    for (ScheduledFault fault : scenario.faults().faults()) {
      String name =
          "%s at %.1f s %s"
              .formatted(
                  FaultText.kind(fault.fault()),
                  fault.at().toMillis() / 1e3,
                  without(FaultText.write(fault.fault())));
      pauses
          .of(fault, scenario.limits().effect())
          .ifPresent(summary -> text.append(row(name, summary)));
      pauses
          .firstTokens(fault)
          .ifPresent(summary -> text.append(row("before the first token", summary)));
    }
    findings.stream()
        .limit(SHOWN)
        .forEach(finding -> text.append("  ").append(finding.toJson()).append('\n'));
    if (findings.size() > SHOWN) {
      text.append("  and %d more%n".formatted(findings.size() - SHOWN));
    }
    if (!isGood()) {
      text.append("  repeat with: ").append(repeat).append('\n');
    }
    return text.append("  ").append(directory).append('\n').toString();
  }

  private static Object without(Map<String, Object> fields) {
    fields.remove("fault");
    return fields;
  }

  private static String row(String name, Summary summary) {
    return String.format(
        Locale.ROOT,
        "  pauses %s: p50 %.0f, p99 %.0f, most %.0f ms of %d%n",
        name,
        summary.p50(),
        summary.p99(),
        summary.max(),
        summary.count());
  }
}
