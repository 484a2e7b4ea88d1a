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
  private final Slo slo;
  private long promptTokens;
  private long tokens;
  private long allTokens;
  private long ended;
  private long goodRequests;
  private long goodTokens;

  /**
   * @param slo that requests should meet
   */
  Measurements(Workload workload, Slo slo) {
    this.slo = slo;
    beginNanos = workload.warmupNanos();
    endNanos = workload.endNanos();
  }

  /** A request's first token, and with it its prompt. */
  void first(long nowNanos, long waitedNanos, int promptLength) {
    allTokens++;
    if (counts(nowNanos)) {
      ttft.record(waitedNanos);
      promptTokens += promptLength;
      tokens++;
    }
  }

  /** A further token. */
  void next(long nowNanos, long gapNanos) {
    allTokens++;
    if (counts(nowNanos)) {
      itl.record(gapNanos);
      tokens++;
    }
  }

  /** The end of a request of which only a rest was asked for: there is nothing to judge. */
  void endOfRest(long nowNanos) {
    if (counts(nowNanos)) {
      ended++;
    }
  }

  /**
   * A request's end.
   *
   * @param replyNanos from its first token to its last
   */
  void end(long nowNanos, long sinceNanos, long replyNanos, int replyLength) {
    if (counts(nowNanos)) {
      ended++;
      long whole = nowNanos - sinceNanos;
      long each = replyLength > 1 ? replyNanos / (replyLength - 1) : 0;
      endToEnd.record(whole);
      if (replyLength > 1) {
        tpot.record(each);
      }
      if (slo.met(whole - replyNanos, each, whole)) {
        goodRequests++;
        goodTokens += replyLength;
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

  /** Of the whole run, whether they were counted or not. */
  long allTokens() {
    return allTokens;
  }

  /** Requests that met the SLO. */
  long goodRequests() {
    return goodRequests;
  }

  /** All tokens of their replies. */
  long goodTokens() {
    return goodTokens;
  }

  /** Requests that ended, rests among them. */
  long ended() {
    return ended;
  }

  /** Requests that ended, but for rests. */
  long judged() {
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
