package io.rack72.twin;

import io.rack72.device.StepTerms;

/**
 * What a run has shown. Depends on the scenario alone: the same to the bit on any machine.
 *
 * @param gpus of the rack
 * @param layout of the model, such as {@code DEP72}
 * @param expertParallel GPUs over which each copy of the experts is spread
 * @param seconds of virtual time that were counted
 * @param requests of the whole run
 * @param throughput while it was counted
 * @param latencies of what was counted
 * @param terms where the GPUs' time of the whole run went
 * @param events tasks and wakes that it took
 */
public record TwinReport(
    String rack,
    String model,
    int gpus,
    String layout,
    int expertParallel,
    String prompt,
    String reply,
    long seed,
    double seconds,
    Requests requests,
    Throughput throughput,
    Latencies latencies,
    Terms terms,
    long events) {
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * Requests.
   *
   * @param refused for lack of room
   * @param live when the run was over
   */
  public record Requests(long submitted, long finished, long refused, long failed, long live) {}

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
          measured.finished() / seconds,
          measured.promptTokens() / seconds,
          tps,
          tps / gpus,
          tpot.p50() == 0 ? 0 : 1e3 / tpot.p50());
    }
  }

  /** In milliseconds. */
  public record Latencies(Quantiles ttft, Quantiles itl, Quantiles tpot, Quantiles endToEnd) {}

  /** In milliseconds. */
  public record Quantiles(double mean, double p50, double p90, double p99) {
    static Quantiles of(LatencyHistogram histogram) {
      return new Quantiles(
          histogram.mean() / NANOS_PER_MILLI,
          histogram.quantile(0.5) / NANOS_PER_MILLI,
          histogram.quantile(0.9) / NANOS_PER_MILLI,
          histogram.quantile(0.99) / NANOS_PER_MILLI);
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

  /** A table for a terminal. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s on %s: %d GPUs, %s, experts over %d; prompts of %s tokens, replies of %s; seed %d%n%n"
            .formatted(model, rack, gpus, layout, expertParallel, prompt, reply, seed));
    text.append(
        "requests   %,d finished of %,d, %,d refused, %,d failed, %,d live at the end%n"
            .formatted(
                requests.finished,
                requests.submitted,
                requests.refused,
                requests.failed,
                requests.live));
    text.append(
        "rate       %,.1f requests/s, %,.0f prompt tokens/s over %.1f s%n"
            .formatted(throughput.requestsPerSecond, throughput.promptTps, seconds));
    text.append(
        "tokens/s   %,.0f the rack, %,.1f a GPU, %,.1f a user%n%n"
            .formatted(throughput.tps, throughput.tpsPerGpu, throughput.tpsPerUser));
    text.append("%-10s %12s %12s %12s %12s%n".formatted("ms", "mean", "p50", "p90", "p99"));
    line(text, "TTFT", latencies.ttft);
    line(text, "ITL", latencies.itl);
    line(text, "TPOT", latencies.tpot);
    line(text, "end to end", latencies.endToEnd);
    text.append(
        "%ntime       %.1f %% host, %.1f %% attention, %.1f %% experts, %.1f %% exchange, %.1f %% logits%n"
            .formatted(
                100 * terms.host,
                100 * terms.attention,
                100 * terms.experts,
                100 * terms.exchange,
                100 * terms.logits));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, Quantiles quantiles) {
    text.append(
        "%-10s %,12.3f %,12.3f %,12.3f %,12.3f%n"
            .formatted(name, quantiles.mean, quantiles.p50, quantiles.p90, quantiles.p99));
  }
}
