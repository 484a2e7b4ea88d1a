package io.rack72.twin;

import io.rack72.device.GpuTime;
import io.rack72.device.LinkTraffic;
import io.rack72.device.StepTerms;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a run has shown. Depends on the scenario alone: the same to the bit on any machine.
 *
 * @param gpus of the rack
 * @param gpusPerTray of these
 * @param layout of the model, such as {@code DEP72}
 * @param expertParallel GPUs over which each copy of the experts is spread
 * @param seconds of virtual time that were counted
 * @param requests of the whole run
 * @param throughput while it was counted
 * @param goodput of what was counted
 * @param latencies of what was counted
 * @param terms on which kernels steps of the whole run waited
 * @param spent what all GPUs did in the whole run
 * @param hbmUse part of what all GPUs' memory could have moved in the whole run
 * @param linkUse part of what all ports could have sent in the whole run
 * @param busiestLinkUse the same of the port that sent or received most, in that direction
 * @param memory what lies in each GPU's HBM
 * @param costs of what was counted
 * @param timeline the whole run, warm-up included
 * @param faults what failed, and what that did
 * @param links bytes from each GPU to each in the whole run; empty for racks of more than 288 GPUs
 * @param events tasks and wakes that it took
 */
public record TwinReport(
    String rack,
    String model,
    int gpus,
    int gpusPerTray,
    String layout,
    int expertParallel,
    String prompt,
    String reply,
    long seed,
    double seconds,
    Requests requests,
    Throughput throughput,
    Goodput goodput,
    Latencies latencies,
    Terms terms,
    Spent spent,
    double hbmUse,
    double linkUse,
    double busiestLinkUse,
    Memory memory,
    Costs costs,
    List<Sample> timeline,
    List<FaultEffect> faults,
    List<List<Long>> links,
    long events) {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_MICRO = 1e3;

  public TwinReport {
    timeline = List.copyOf(timeline);
    faults = List.copyOf(faults);
    links = links.stream().map(List::copyOf).toList();
  }

  /** Bytes from each GPU to each, rounded. */
  static List<List<Long>> links(LinkTraffic traffic) {
    return Arrays.stream(traffic.between())
        .map(row -> Arrays.stream(row).mapToObj(Math::round).toList())
        .toList();
  }

  /**
   * Requests.
   *
   * @param refused for lack of room
   * @param live when the run was over
   * @param failure why the first of those failed that did; empty where none did
   */
  public record Requests(
      long submitted, long finished, long refused, long failed, long live, String failure) {}

  /**
   * Tokens a second.
   *
   * @param requestsPerSecond that ended
   * @param promptTps tokens of prompts whose first token came
   * @param tps tokens of replies
   * @param tpsPerGpu those for each GPU of the rack
   * @param tpsPerUser those that the median request gets once it has begun
   */
  public record Throughput(
      double requestsPerSecond, double promptTps, double tps, double tpsPerGpu, double tpsPerUser) {
    static Throughput of(Measurements measured, double seconds, int gpus, Quantiles tpot) {
      double tps = measured.tokens() / seconds;
      return new Throughput(
          measured.ended() / seconds,
          measured.promptTokens() / seconds,
          tps,
          tps / gpus,
          tpot.p50() == 0 ? 0 : 1e3 / tpot.p50());
    }
  }

  /**
   * Requests that ended and met the SLO, all of them where there is none. Those of a closed loop
   * that were under way when it began are taken to be like those that are judged.
   *
   * @param slo as it was asked for, or empty
   * @param requestsPerSecond that met it
   * @param tps all tokens of their replies
   * @param part of those that are judged; 0 where none is
   */
  public record Goodput(String slo, double requestsPerSecond, double tps, double part) {
    static Goodput of(Measurements measured, Slo slo, double seconds) {
      double each = (double) measured.ended() / Math.max(1, measured.judged());
      return new Goodput(
          slo.toString(),
          measured.goodRequests() / seconds * each,
          measured.goodTokens() / seconds * each,
          (double) measured.goodRequests() / Math.max(1, measured.judged()));
    }
  }

  /** For a million tokens of replies; 0 where there is no power, no price or no token. */
  public record Costs(double kwhPerMillionTokens, double pricePerMillionTokens) {
    private static final double JOULES_PER_KWH = 3.6e6;
    private static final double SECONDS_PER_HOUR = 3600;

    static Costs of(Valuation valuation, double tpsPerGpu) {
      double gpuSeconds = tpsPerGpu == 0 ? 0 : 1e6 / tpsPerGpu;
      return new Costs(
          gpuSeconds * valuation.wattsPerGpu() / JOULES_PER_KWH,
          gpuSeconds * valuation.pricePerGpuHour() / SECONDS_PER_HOUR);
    }
  }

  /**
   * In bytes on each GPU; what is not for either is left free.
   *
   * @param weightBytes with all slots for experts
   * @param kvBytes for keys and values, in use or not
   */
  public record Memory(long hbmBytes, long weightBytes, long kvBytes) {
    long leftFreeBytes() {
      return hbmBytes - weightBytes - kvBytes;
    }
  }

  /**
   * A stretch of time.
   *
   * @param at when it begins, in seconds of virtual time
   * @param seconds its length
   * @param tps tokens of replies in it
   * @param running requests with a token, when it begins
   * @param waiting requests without one, when it begins
   * @param kvUsed part of the KV blocks in use, when it begins
   */
  public record Sample(
      double at, double seconds, double tps, int running, int waiting, double kvUsed) {}

  /** In milliseconds. */
  public record Latencies(Quantiles ttft, Quantiles itl, Quantiles tpot, Quantiles endToEnd) {}

  /**
   * In milliseconds; all 0 where none was measured.
   *
   * @param count how many were measured
   * @param percentiles those of 2 %, 4 % and so on to 100 %
   */
  public record Quantiles(
      long count, double mean, double p50, double p90, double p99, List<Double> percentiles) {
    private static final int PERCENTILES = 50;

    public Quantiles {
      percentiles = List.copyOf(percentiles);
    }

    static Quantiles of(LatencyHistogram histogram) {
      return new Quantiles(
          histogram.count(),
          histogram.mean() / NANOS_PER_MILLI,
          histogram.quantile(0.5) / NANOS_PER_MILLI,
          histogram.quantile(0.9) / NANOS_PER_MILLI,
          histogram.quantile(0.99) / NANOS_PER_MILLI,
          IntStream.rangeClosed(1, PERCENTILES)
              .mapToObj(i -> histogram.quantile((double) i / PERCENTILES) / NANOS_PER_MILLI)
              .toList());
    }
  }

  /**
   * Parts of the time in which steps were taken; together 1, or all 0 where the devices do not
   * tell.
   */
  public record Terms(
      double host, double attention, double experts, double exchange, double logits) {
    static Terms of(StepTerms steps) {
      double all = Math.max(1, steps.hostNanos() + steps.deviceNanos());
      return new Terms(
          steps.hostNanos() / all,
          steps.attentionNanos() / all,
          steps.expertsNanos() / all,
          steps.exchangeNanos() / all,
          steps.logitsNanos() / all);
    }
  }

  /**
   * Parts of the time of all GPUs, together 1. Where the devices do not tell, kernels are fixed.
   *
   * @param weights reading weights
   * @param kv reading keys and values
   * @param activations moving what lies between two kernels
   * @param arithmetic what is not hidden behind reading
   * @param links bytes on the ports, for all until the busiest is through
   * @param latency of what passes between GPUs, however little
   * @param fixed of other kernels, launches above all
   * @param host waiting for the own host
   * @param waiting during steps, for other GPUs of the group and for their hosts
   * @param idle no step to take
   */
  public record Spent(
      double weights,
      double kv,
      double activations,
      double arithmetic,
      double links,
      double latency,
      double fixed,
      double host,
      double waiting,
      double idle) {
    /**
     * Of one GPU, or of the mean of many.
     *
     * @param nowNanos the time that has passed, above 0
     */
    static Spent of(GpuTime time, long nowNanos) {
      // Around a failure a step of the groups before can be under way beside one of those after.
      double all = Math.max(nowNanos / NANOS_PER_MICRO, time.micros());
      return new Spent(
          time.spent().weights() / all,
          time.spent().kv() / all,
          time.spent().activations() / all,
          time.spent().arithmetic() / all,
          time.spent().links() / all,
          time.spent().latency() / all,
          time.spent().fixed() / all,
          time.hostMicros() / all,
          time.waitingMicros() / all,
          Math.max(0, 1 - time.micros() / all));
    }

    /** The terms by name, in the order in which they are told. */
    Map<String, Double> byName() {
      Map<String, Double> terms = new LinkedHashMap<>();
      terms.put("weights", weights);
      terms.put("KV", kv);
      terms.put("activations", activations);
      terms.put("arithmetic", arithmetic);
      terms.put("links", links);
      terms.put("latency", latency);
      terms.put("fixed", fixed);
      terms.put("host", host);
      terms.put("waiting", waiting);
      terms.put("idle", idle);
      return terms;
    }

    /** The name of the largest term; the first of equal ones. */
    String largest() {
      return byName().entrySet().stream()
          .reduce((most, next) -> next.getValue() > most.getValue() ? next : most)
          .orElseThrow()
          .getKey();
    }

    /** The largest term. */
    double most() {
      return byName().get(largest());
    }
  }

  /** A table for a terminal. */
  public String toText() {
    return TwinTable.of(this);
  }
}
