package io.rack72.gpu;

import io.rack72.hardware.GpuId;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Owners of experts that let a GPU wait too long. Each is not asked for a while, then tried again;
 * one that is slow again is not asked for twice as long. A pure class; not thread-safe.
 */
final class SlowOwners {
  private static final int MOST_DOUBLINGS = 5;

  private final long avoidanceNanos;
  private final Map<GpuId, Slow> slow = new TreeMap<>();

  private record Slow(int times, long untilNanos) {}

  /**
   * @param avoidanceNanos for which one is not asked the first time
   */
  SlowOwners(long avoidanceNanos) {
    this.avoidanceNanos = avoidanceNanos;
  }

  /** An owner has not answered in time. */
  void missed(GpuId owner, long nowNanos) {
    Slow before = slow.get(owner);
    int times = before == null ? 0 : Math.min(before.times() + 1, MOST_DOUBLINGS);
    slow.put(owner, new Slow(times, nowNanos + (avoidanceNanos << times)));
  }

  /** As if none had ever been slow. */
  void forgive() {
    slow.clear();
  }

  /** Those that are not to be asked now. */
  Set<GpuId> at(long nowNanos) {
    if (slow.isEmpty()) {
      return Set.of();
    }
    // One that has been well for as long again begins anew.
    slow.values()
        .removeIf(each -> each.untilNanos() + (avoidanceNanos << each.times()) <= nowNanos);
    Set<GpuId> out = new TreeSet<>();
    slow.forEach(
        (owner, each) -> {
          if (nowNanos < each.untilNanos()) {
            out.add(owner);
          }
        });
    return out;
  }
}
