package io.rack72.chaos;

import io.rack72.fault.Fault;
import io.rack72.fault.ScheduledFault;
import java.time.Duration;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Whether a fault has left the traces that it must leave: a run in which it did nothing shows
 * nothing. A pure class; thread-safe.
 */
final class FaultSigns {
  private static final int KILLED = 128 + 9;
  private static final int TERMINATED = 128 + 15;

  /** What stands still for less may be heard again before anybody notices, or tells. */
  private static final Duration NOTICED = Duration.ofSeconds(3);

  private final List<Event> events;

  /** Of a run's history. */
  FaultSigns(List<Event> events) {
    this.events = List.copyOf(events);
  }

  /** What there is to be seen of a fault until some time after it. */
  boolean show(ScheduledFault fault, Duration effect) {
    long from = fault.at().toNanos();
    long to = fault.end().plus(effect).toNanos();
    return switch (fault.fault()) {
      case Fault.Kill(int node) -> ended(node, KILLED, from, to);
      case Fault.Terminate(int node) -> ended(node, TERMINATED, from, to);
      case Fault.Freeze _, Fault.Partition _ ->
          fault.fault().length().compareTo(NOTICED) < 0
              || any(from, to, signs -> signs.silent() > 0);
      case Fault.GpuFailure _ -> grew(from, to, Signs::failedTrays);
      case Fault.PortBandwidth port ->
          any(
              from,
              to,
              signs -> signs.slow().stream().anyMatch(pair -> pair.has(port.gpu().index())));
      case Fault.FabricNoise _ -> grew(from, to, Signs::resentSegments);
      // The harness itself stops the process and moves the file.
      case Fault.Slow _, Fault.CheckpointGone _ -> true;
    };
  }

  private boolean ended(int node, int exitCode, long from, long to) {
    String sentence = RackNode.ended(node, exitCode);
    return events.stream()
        .filter(event -> event.kind() == Event.Kind.NODE && event.text().equals(sentence))
        .anyMatch(event -> event.atNanos() >= from && event.atNanos() <= to);
  }

  private boolean any(long from, long to, Predicate<Signs> sign) {
    return within(from, to, (_, later) -> sign.test(later));
  }

  private boolean grew(long from, long to, ToLongFunction<Signs> count) {
    return within(
        from, to, (earlier, later) -> count.applyAsLong(later) > count.applyAsLong(earlier));
  }

  /** Whether any two signs that follow each other, the later in an interval, are so. */
  private boolean within(long from, long to, BiPredicate<Signs, Signs> sign) {
    Signs earlier = new Signs(0, 0, 0, List.of());
    for (Event event : events) {
      if (event.kind() == Event.Kind.SIGNS) {
        Signs later = Signs.parse(event.text());
        if (event.atNanos() >= from && event.atNanos() <= to && sign.test(earlier, later)) {
          return true;
        }
        earlier = later;
      }
    }
    return false;
  }
}
