package io.rack72.twin;

import io.rack72.gpu.GpuStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Moves a run to its end, and looks at it at even distances, and more often around faults. Used by
 * one thread.
 */
final class Timeline {
  private static final int SAMPLES = 60;

  /** From one look to the next around a fault. */
  private static final long CLOSE_NANOS = 250_000_000;

  /** How long before a fault and after its end that begins and ends. */
  private static final long BEFORE_NANOS = 1_000_000_000;

  private static final long AFTER_NANOS = 5_000_000_000L;

  /** Looks of all faults together: each takes the rack some messages. */
  private static final int MAX_CLOSE = 1_000;

  private static final double NANOS_PER_SECOND = 1e9;

  private Timeline() {}

  /** Runs a workload to its end; the samples are of its whole time, warm-up included. */
  static List<TwinReport.Sample> run(
      Workload workload,
      TwinFaults faults,
      VirtualRack rack,
      LoadSource source,
      Measurements measured) {
    VirtualTime time = rack.time();
    List<TwinReport.Sample> samples = new ArrayList<>();
    for (long end : ends(workload.endNanos(), faults)) {
      long begin = time.nowNanos();
      // What the rack took to start, or to tell its state, may be longer than a short run's parts.
      if (end <= begin) {
        continue;
      }
      long tokens = measured.allTokens();
      int running = source.running();
      int waiting = source.waiting();
      double kv = kvUsed(rack.status().gpus());
      time.runUntil(Math.max(end, time.nowNanos()));
      double seconds = (time.nowNanos() - begin) / NANOS_PER_SECOND;
      samples.add(
          new TwinReport.Sample(
              begin / NANOS_PER_SECOND,
              seconds,
              (measured.allTokens() - tokens) / seconds,
              running,
              waiting,
              kv));
    }
    return samples;
  }

  private static SortedSet<Long> ends(long runNanos, TwinFaults faults) {
    TreeSet<Long> close = new TreeSet<>();
    for (TwinFaults.Planned fault : faults.faults()) {
      long until = Math.min(runNanos, fault.endNanos() + AFTER_NANOS);
      for (long at = Math.max(CLOSE_NANOS, fault.atNanos() - BEFORE_NANOS);
          at < until && close.size() < MAX_CLOSE;
          at += CLOSE_NANOS) {
        // At the same instants for all faults, and none shorter than the others.
        close.add(at / CLOSE_NANOS * CLOSE_NANOS);
      }
    }
    SortedSet<Long> ends = new TreeSet<>(close);
    for (int i = 1; i < SAMPLES; i++) {
      long end = runNanos * i / SAMPLES;
      if (close.subSet(end - CLOSE_NANOS, end + CLOSE_NANOS).isEmpty()) {
        ends.add(end);
      }
    }
    ends.add(runNanos);
    return ends;
  }

  /** Part of the blocks of full layers that are not free, over all GPUs. */
  private static double kvUsed(List<GpuStatus> gpus) {
    long used = 0;
    long total = 0;
    for (GpuStatus gpu : gpus) {
      used += gpu.kvFull().used();
      total += gpu.kvFull().total();
    }
    return total == 0 ? 0 : (double) used / total;
  }
}
