package io.rack72.chaos;

import io.rack72.fault.Fault;
import io.rack72.fault.FaultText;
import io.rack72.fault.ScheduledFault;
import io.rack72.load.Summary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether a run's faults were there and met somebody, without which it shows nothing, and whether
 * streams stood still no longer than they may. Without state.
 */
final class FaultChecker {
  /**
   * Time in which all nodes are told of their fault and a part notices that it is cut off, with the
   * {@code fast} timing, and in which what it had let out before comes to its clients.
   */
  private static final Duration NOTICED = Duration.ofSeconds(3);

  private FaultChecker() {}

  /** All that is wrong with the faults of a run and what they did. */
  static List<Finding> check(Scenario scenario, List<Event> events) {
    List<Finding> findings = new ArrayList<>();
    begun(scenario, events, findings);
    signs(scenario, events, findings);
    pauses(scenario, events, findings);
    resumed(events, findings);
    cutOff(scenario, events, findings);
    return findings;
  }

  /** Those of a random schedule may find nobody, but not all of them. */
  private static void begun(Scenario scenario, List<Event> events, List<Finding> findings) {
    int scheduled = scenario.faults().faults().size();
    long begun = count(events, Event.Kind.FAULT);
    if (begun != scheduled) {
      findings.add(
          new Finding(
              Finding.Kind.NO_FAULT,
              "",
              "%d faults were begun, the scenario's %d would be right"
                  .formatted(begun, scheduled)));
    }
    if (begun > 0 && count(events, Event.Kind.FAULT_MISSED) == begun) {
      findings.add(
          new Finding(
              Finding.Kind.NO_FAULT, "", "nobody suffered any of %d faults".formatted(begun)));
    }
  }

  /** Those of a random schedule meet, and one may hide the other. */
  private static void signs(Scenario scenario, List<Event> events, List<Finding> findings) {
    FaultSigns signs = new FaultSigns(events);
    for (ScheduledFault fault : scenario.faults().faults()) {
      if (!scenario.random() && !signs.show(fault, scenario.limits().effect())) {
        findings.add(
            new Finding(
                Finding.Kind.NO_EFFECT,
                "",
                "nothing was to be seen of %s at %d ms, neither in /rack nor of its JVMs"
                    .formatted(FaultText.kind(fault.fault()), fault.at().toMillis())));
      }
    }
  }

  private static long count(List<Event> events, Event.Kind kind) {
    return events.stream().filter(event -> event.kind() == kind).count();
  }

  private static void pauses(Scenario scenario, List<Event> events, List<Finding> findings) {
    Pauses pauses = new Pauses(events);
    double most = scenario.limits().pauseP99().toNanos() / 1e6;
    for (ScheduledFault fault : scenario.faults().faults()) {
      String kind = FaultText.kind(fault.fault());
      Optional<Summary> summary = pauses.of(fault, scenario.limits().effect());
      if (summary.isEmpty() && !scenario.random() && !tokensCame(events, fault)) {
        findings.add(
            new Finding(
                Finding.Kind.NO_STREAM_AT_FAULT,
                "",
                "%s at %d ms found no stream running, one at least would be right"
                    .formatted(kind, fault.at().toMillis())));
      }
      summary
          .filter(found -> found.p99() > most)
          .ifPresent(
              found ->
                  findings.add(
                      new Finding(
                          Finding.Kind.PAUSE_TOO_LONG,
                          "",
                          "pauses after %s have a 99th percentile of %.0f ms, at most %.0f would be right"
                              .formatted(kind, found.p99(), most))));
    }
  }

  /** Whether streams ran while a fault lasted, which may have begun before them. */
  private static boolean tokensCame(List<Event> events, ScheduledFault fault) {
    long from = fault.at().toNanos();
    long to = fault.end().toNanos();
    return events.stream()
        .anyMatch(
            event ->
                event.kind() == Event.Kind.TOKEN && event.atNanos() > from && event.atNanos() < to);
  }

  /**
   * The smaller part of a rack that is cut off both ways lets no token out once it has noticed.
   * Gateways' addresses come before the load, and again where their nodes do.
   */
  private static void cutOff(Scenario scenario, List<Event> events, List<Finding> findings) {
    for (ScheduledFault fault : scenario.faults().faults()) {
      if (!scenario.random()
          && fault.fault() instanceof Fault.Partition partition
          && partition.direction() == Fault.Direction.BOTH
          && 2 * partition.nodes().size() < scenario.rack().jvms()) {
        long emitted = tokensOf(partition.nodes(), fault, events);
        if (emitted > 0) {
          findings.add(
              new Finding(
                  Finding.Kind.MINORITY_EMITTED,
                  "",
                  "nodes %s were cut off at %d ms and still let %d tokens out %d ms later, none would be right"
                      .formatted(
                          partition.nodes(), fault.at().toMillis(), emitted, NOTICED.toMillis())));
        }
      }
    }
  }

  private static long tokensOf(Set<Integer> nodes, ScheduledFault fault, List<Event> events) {
    long from = fault.at().plus(NOTICED).toNanos();
    long to = fault.end().toNanos();
    Set<String> cut = new HashSet<>();
    Map<String, String> gateways = new HashMap<>();
    long tokens = 0;
    for (Event event : events) {
      switch (event.kind()) {
        case NODE ->
            nodes.forEach(node -> RackNode.servedBy(node, event.text()).ifPresent(cut::add));
        case ASKED -> gateways.put(event.stream(), event.text());
        case TOKEN -> {
          boolean late = event.atNanos() > from && event.atNanos() < to;
          tokens += late && cut.contains(gateways.get(event.stream())) ? 1 : 0;
        }
        default -> {}
      }
    }
    return tokens;
  }

  /** Of the streams that a gateway had when it was killed, one at least has gone on. */
  private static void resumed(List<Event> events, List<Finding> findings) {
    Map<String, String> gateways = new HashMap<>();
    Set<String> running = new HashSet<>();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event.kind() == Event.Kind.ASKED) {
        gateways.put(event.stream(), event.text());
      } else if (event.kind() == Event.Kind.TOKEN) {
        running.add(event.stream());
      } else if (event.isEnd()) {
        running.remove(event.stream());
      } else if (event.kind() == Event.Kind.GATEWAY_KILLED) {
        Set<String> had = new HashSet<>(running);
        had.removeIf(stream -> !event.text().equals(gateways.get(stream)));
        boolean resumed =
            events.subList(i, events.size()).stream()
                .anyMatch(
                    later -> later.kind() == Event.Kind.RESUMED && had.contains(later.stream()));
        if (!had.isEmpty() && !resumed) {
          findings.add(
              new Finding(
                  Finding.Kind.NONE_RESUMED,
                  "",
                  "the gateway %s was killed at %d ms, and of its %d streams none was resumed"
                      .formatted(event.text(), event.atNanos() / 1_000_000, had.size())));
        }
      }
    }
  }
}
