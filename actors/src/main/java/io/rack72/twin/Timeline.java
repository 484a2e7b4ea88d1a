package io.rack72.twin;

import io.rack72.gpu.GpuStatus;
import java.util.ArrayList;
import java.util.List;

/** Moves a run to its end, and looks at it at even distances. Used by one thread. */
final class Timeline {
  private static final int SAMPLES = 60;
  private static final double NANOS_PER_SECOND = 1e9;

  private Timeline() {}

  /** Runs a workload to its end; the samples are of its whole time, warm-up included. */
  static List<TwinReport.Sample> run(
      Workload workload, VirtualRack rack, LoadSource source, Measurements measured) {
    VirtualTime time = rack.time();
    List<TwinReport.Sample> samples = new ArrayList<>();
    for (int i = 1; i <= SAMPLES; i++) {
      long begin = time.nowNanos();
      long end = workload.endNanos() * i / SAMPLES;
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
