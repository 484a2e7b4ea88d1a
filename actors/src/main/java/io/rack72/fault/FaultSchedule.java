package io.rack72.fault;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Faults in the order in which they begin.
 *
 * @param faults of which no two hold for the same thing at the same time, since the end of the
 *     first would be the end of both
 */
public record FaultSchedule(List<ScheduledFault> faults) {
  /** Puts the faults in order. */
  public FaultSchedule {
    faults = faults.stream().sorted(Comparator.comparing(ScheduledFault::at)).toList();
    for (int i = 0; i < faults.size(); i++) {
      for (ScheduledFault later : faults.subList(i + 1, faults.size())) {
        ScheduledFault before = faults.get(i);
        if (before.end().compareTo(later.at()) > 0
            && Objects.equals(held(before.fault()), held(later.fault()))) {
          throw new IllegalArgumentException(
              "%s at %s begins before %s at %s is over; one follows the other"
                  .formatted(later.fault(), later.at(), before.fault(), before.at()));
        }
      }
    }
  }

  /** When the last fault is over. */
  public Duration end() {
    return faults.stream()
        .map(ScheduledFault::end)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  private static Object held(Fault fault) {
    return switch (fault) {
      case Fault.OfProcess process -> process.node();
      case Fault.PortBandwidth(var gpu, var _, var _) -> gpu;
      case Fault.GpuFailure _, Fault.FabricNoise _, Fault.Partition _, Fault.CheckpointGone _ ->
          fault.getClass();
    };
  }
}
