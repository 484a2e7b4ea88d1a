package io.rack72.chaos;

import io.rack72.fault.Fault;
import io.rack72.fault.ScheduledFault;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

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
              || within(from, to, (before, now) -> now.silent() > before.silent());
      case Fault.GpuFailure failure ->
          within(from, to, (_, now) -> isWithout(failure.gpu().index(), now));
      case Fault.PortBandwidth port ->
          within(from, to, (before, now) -> foundSlow(port.gpu().index(), before, now));
      case Fault.FabricNoise _ ->
          within(from, to, (before, now) -> now.resentSegments() > before.resentSegments());
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

  /** Of a node that does not answer no GPU is told, and that is no failure of theirs. */
  private static boolean isWithout(int gpu, Signs signs) {
    return signs.silent() == 0 && !signs.gpus().isEmpty() && !signs.gpus().contains(gpu);
  }

  /** Whether those who waited for a port, or who waited behind it for all others, noticed. */
  private static boolean foundSlow(int gpu, Signs before, Signs now) {
    return now.slow().stream().anyMatch(pair -> pair.has(gpu) && !before.slow().contains(pair));
  }

  /**
   * Whether any two signs of a gateway that follow each other, the later in an interval, are so.
   */
  private boolean within(long from, long to, BiPredicate<Signs, Signs> sign) {
    Map<String, Signs> before = new HashMap<>();
    for (Event event : events) {
      if (event.kind() == Event.Kind.SIGNS) {
        Signs now = Signs.parse(event.text());
        Signs earlier = before.put(now.gateway(), now);
        if (earlier != null
            && event.atNanos() >= from
            && event.atNanos() <= to
            && sign.test(earlier, now)) {
          return true;
        }
      }
    }
    return false;
  }
}
