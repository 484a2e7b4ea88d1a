package io.rack72.twin;

/**
 * What becomes of requests, between the end of the warm-up and the end of the run. Not thread-safe.
 */
final class Measurements {
  private final long beginNanos;
  private final long endNanos;
  private final LatencyHistogram ttft = new LatencyHistogram();
  private final LatencyHistogram itl = new LatencyHistogram();
  private final LatencyHistogram tpot = new LatencyHistogram();
  private final LatencyHistogram endToEnd = new LatencyHistogram();
  private long promptTokens;
  private long tokens;

  Measurements(Workload workload) {
    beginNanos = workload.warmupNanos();
    endNanos = workload.endNanos();
  }

  /** A request's first token, and with it its prompt. */
  void first(long nowNanos, long waitedNanos, int promptLength) {
    if (counts(nowNanos)) {
      ttft.record(waitedNanos);
      promptTokens += promptLength;
      tokens++;
    }
  }

  /** A further token. */
  void next(long nowNanos, long gapNanos) {
    if (counts(nowNanos)) {
      itl.record(gapNanos);
      tokens++;
    }
  }

  /**
   * A request's end.
   *
   * @param replyNanos from its first token to its last
   */
  void end(long nowNanos, long sinceNanos, long replyNanos, int replyLength) {
    if (counts(nowNanos)) {
      endToEnd.record(nowNanos - sinceNanos);
      if (replyLength > 1) {
        tpot.record(replyNanos / (replyLength - 1));
      }
    }
  }

  private boolean counts(long nowNanos) {
    return nowNanos >= beginNanos && nowNanos <= endNanos;
  }

  long promptTokens() {
    return promptTokens;
  }

  long tokens() {
    return tokens;
  }

  long finished() {
    return endToEnd.count();
  }

  TwinReport.Latencies latencies() {
    return new TwinReport.Latencies(
        TwinReport.Quantiles.of(ttft),
        TwinReport.Quantiles.of(itl),
        TwinReport.Quantiles.of(tpot),
        TwinReport.Quantiles.of(endToEnd));
  }
}
