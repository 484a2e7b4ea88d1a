package io.rack72.twin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /** A fault that has begun. */
  private static final class Seen {
    private final TwinFaults.Planned fault;
    private final long atNanos;
    private final long untilNanos;
    // Of this fault and all before.
    private final long latestUntilNanos;
    private final int gpusBefore;
    private int gpusLeft;
    private String note = "";
    private long recomputed;
    private long failed;
    // Of each stream that it found running, by the request's number.
    private final Map<Integer, Long> gaps = new HashMap<>();

    Seen(TwinFaults.Planned fault, long atNanos, int gpus, long untilBefore) {
      this.fault = fault;
      this.atNanos = atNanos;
      untilNanos = atNanos + fault.onUnits().length().toNanos() + EFFECT_NANOS;
      latestUntilNanos = Math.max(untilNanos, untilBefore);
      gpusBefore = gpus;
      gpusLeft = gpus;
    }
  }

  FaultWatch(Workload workload) {
    warmupNanos = workload.warmupNanos();
    runNanos = workload.endNanos();
  }

  /**
   * A fault begins.
   *
   * @param gpus that compute
   */
  void begins(TwinFaults.Planned fault, long nowNanos, int gpus) {
    long untilBefore = faults.isEmpty() ? 0 : faults.getLast().latestUntilNanos;
    faults.add(new Seen(fault, nowNanos, gpus, untilBefore));
  }

  /** The fault that began last did nothing. */
  void didNothing(String why) {
    faults.getLast().note = why;
  }

  /**
   * The rack goes on with other GPUs.
   *
   * @param gpus that compute
   */
  void goesOnWith(int gpus) {
    if (!faults.isEmpty()) {
      faults.getLast().gpusLeft = gpus;
    }
  }

  /** A request has to go on elsewhere. */
  void recomputed() {
    if (!faults.isEmpty()) {
      faults.getLast().recomputed++;
    }
  }

  /** A request has failed. */
  void failed() {
    if (!faults.isEmpty()) {
      faults.getLast().failed++;
    }
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
      if (firstNanos <= seen.atNanos && toNanos > seen.atNanos && fromNanos < seen.untilNanos) {
        seen.gaps.merge(number, toNanos - fromNanos, Math::max);
      }
    }
  }

  /** What the faults have done, once the run is over. */
  List<FaultEffect> effects() {
    return faults.stream().map(this::effect).toList();
  }

  private FaultEffect effect(Seen seen) {
    int last = (int) (seen.atNanos / STRETCH_NANOS);
    int warm = (int) (warmupNanos / STRETCH_NANOS);
    int from = Math.max(last - warm >= WINDOW ? warm : 0, last - BEFORE);
    double before = rate(from, last);
    double target = RECOVERED * before * seen.gpusLeft / seen.gpusBefore;
    int first = (int) Math.ceilDiv(seen.atNanos, STRETCH_NANOS);
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
        recovered = (window * STRETCH_NANOS - seen.atNanos) / NANOS_PER_SECOND;
      }
    }
    return new FaultEffect(
        seen.atNanos / NANOS_PER_SECOND,
        seen.fault.what(),
        seen.note,
        seen.gpusLeft,
        before,
        lowest,
        recovered,
        FaultEffect.Pauses.of(seen.gaps.values().stream().sorted().toList()),
        seen.recomputed,
        seen.failed);
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
