package io.rack72.twin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sees what faults do to the streams of a run. Not thread-safe. */
final class FaultWatch {
  /** Tokens are counted in stretches of so long. */
  private static final long STRETCH_NANOS = 100_000_000;

  /** Stretches of a second, which a step is too short to be one of. */
  private static final int WINDOW = 10;

  /** Stretches before a fault that tell what was usual. */
  private static final int BEFORE = 5 * WINDOW;

  /** How long after a fault is over what happens counts as its doing. */
  private static final long EFFECT_NANOS = 10_000_000_000L;

  private static final double RECOVERED = 0.95;
  private static final double NANOS_PER_SECOND = 1e9;

  private final long warmupNanos;
  private final long runNanos;
  private final List<Seen> faults = new ArrayList<>();
  private long[] tokens = new long[64];
  // Of the fault that began last; null before the first.
  private Onset latest;
  private boolean rackLost;

  /** When faults began. Those of one instant are one to the rack, and so is what they do. */
  private static final class Onset {
    private final long nanos;
    private final Onset before;
    private final int gpusBefore;
    private int gpusLeft;
    // Faults of it that are not known to have done nothing.
    private int doing;
    private long recomputed;
    private long failed;

    Onset(long nanos, int gpus, Onset before) {
      this.nanos = nanos;
      this.before = before;
      gpusBefore = gpus;
      gpusLeft = gpus;
    }
  }

  /** A fault that has begun. */
  static final class Seen {
    private final TwinFaults.Planned fault;
    private final Onset at;
    private final long untilNanos;
    // Of this fault and all before.
    private final long latestUntilNanos;
    private String note = "";
    // Of each stream that it found running, by the request's number.
    private final Map<Integer, Long> gaps = new HashMap<>();

    private Seen(TwinFaults.Planned fault, Onset at, long untilBefore) {
      this.fault = fault;
      this.at = at;
      untilNanos = at.nanos + fault.onUnits().length().toNanos() + EFFECT_NANOS;
      latestUntilNanos = Math.max(untilNanos, untilBefore);
    }
  }

  FaultWatch(Workload workload) {
    warmupNanos = workload.warmupNanos();
    runNanos = workload.endNanos();
  }

  /**
   * A fault begins.
   *
   * @param gpus that the rack computes with, unless it is lost
   * @return the fault, by which its outcome is told
   */
  Seen begins(TwinFaults.Planned fault, long nowNanos, int gpus) {
    if (latest == null || latest.nanos != nowNanos) {
      latest = new Onset(nowNanos, rackLost ? 0 : gpus, latest);
    }
    latest.doing++;
    long untilBefore = faults.isEmpty() ? 0 : faults.getLast().latestUntilNanos;
    Seen seen = new Seen(fault, latest, untilBefore);
    faults.add(seen);
    return seen;
  }

  /** A fault did nothing: what happens from now on is still the doing of those before it. */
  void didNothing(Seen fault, String why) {
    fault.note = why;
    fault.at.doing--;
  }

  /**
   * The rack goes on with other GPUs.
   *
   * @param gpus that compute
   */
  void goesOnWith(int gpus) {
    rackLost = false;
    cause().ifPresent(onset -> onset.gpusLeft = gpus);
  }

  /** Nothing is left of the rack, or less than the model needs: no GPU computes any more. */
  void rackIsLost() {
    rackLost = true;
    cause().ifPresent(onset -> onset.gpusLeft = 0);
  }

  /** A request has to go on elsewhere. */
  void recomputed() {
    cause().ifPresent(onset -> onset.recomputed++);
  }

  /** A request has failed. */
  void failed() {
    cause().ifPresent(onset -> onset.failed++);
  }

  /** The latest instant whose faults did something. */
  private Optional<Onset> cause() {
    Onset onset = latest;
    while (onset != null && onset.doing == 0) {
      onset = onset.before;
    }
    return Optional.ofNullable(onset);
  }

  /** A token has come. */
  void token(long nowNanos) {
    int stretch = (int) (nowNanos / STRETCH_NANOS);
    if (stretch >= tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(stretch + 1, 2 * tokens.length));
    }
    tokens[stretch]++;
  }

  /**
   * A stream had no token in between.
   *
   * @param number of the request
   * @param firstNanos of its first token
   */
  void gap(int number, long firstNanos, long fromNanos, long toNanos) {
    for (int i = faults.size() - 1; i >= 0 && fromNanos < faults.get(i).latestUntilNanos; i--) {
      Seen seen = faults.get(i);
      if (firstNanos <= seen.at.nanos && toNanos > seen.at.nanos && fromNanos < seen.untilNanos) {
        seen.gaps.merge(number, toNanos - fromNanos, Math::max);
      }
    }
  }

  /** What the faults have done, once the run is over. */
  List<FaultEffect> effects() {
    return faults.stream().map(this::effect).toList();
  }

  private FaultEffect effect(Seen seen) {
    Onset at = seen.at;
    int last = (int) (at.nanos / STRETCH_NANOS);
    int warm = (int) (warmupNanos / STRETCH_NANOS);
    int from = Math.max(last - warm >= WINDOW ? warm : 0, last - BEFORE);
    double before = rate(from, last);
    // Without GPUs nothing recovers, although no tokens are all that there could be.
    double target =
        at.gpusLeft == 0
            ? Double.POSITIVE_INFINITY
            : RECOVERED * before * at.gpusLeft / at.gpusBefore;
    int first = (int) Math.ceilDiv(at.nanos, STRETCH_NANOS);
    int end = (int) (Math.min(runNanos, seen.untilNanos) / STRETCH_NANOS);
    Double lowest = null;
    Double recovered = null;
    for (int window = first; window + WINDOW <= end; window++) {
      double rate = rate(window, window + WINDOW);
      if (lowest == null || rate < lowest) {
        lowest = rate;
        // Where not even the worst is below the target, nothing had to recover.
        recovered = rate >= target ? 0.0 : null;
      }
      if (recovered == null && rate >= target) {
        recovered = (window * STRETCH_NANOS - at.nanos) / NANOS_PER_SECOND;
      }
    }
    return new FaultEffect(
        at.nanos / NANOS_PER_SECOND,
        seen.fault.what(),
        seen.note,
        at.gpusLeft,
        before,
        lowest,
        recovered,
        FaultEffect.Pauses.of(seen.gaps.values().stream().sorted().toList()),
        seen.note.isEmpty() ? at.recomputed : 0,
        seen.note.isEmpty() ? at.failed : 0);
  }

  /** Tokens/s in some stretches; 0 where there is none. */
  private double rate(int from, int to) {
    long sum = 0;
    for (int i = from; i < Math.min(to, tokens.length); i++) {
      sum += tokens[i];
    }
    return to == from ? 0 : sum / ((to - from) * (STRETCH_NANOS / NANOS_PER_SECOND));
  }
}
