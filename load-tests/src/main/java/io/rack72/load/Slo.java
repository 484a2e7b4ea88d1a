package io.rack72.load;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * What a client wants to call a reply good (a service level objective). Goodput is the rate of
 * replies that are.
 *
 * @param ttftMillis the first token comes within it
 * @param itlMillis the 99th percentile of the reply's own inter-token latencies is at most this
 */
record Slo(OptionalDouble ttftMillis, OptionalDouble itlMillis) {
  private static final double NANOS_PER_MILLI = 1e6;

  Slo {
    check("--slo-ttft", ttftMillis);
    check("--slo-itl", itlMillis);
  }

  private static void check(String option, OptionalDouble millis) {
    // Written so that NaN is refused.
    if (millis.isPresent() && !(millis.getAsDouble() > 0)) {
      throw new IllegalArgumentException(
          option + " is a number of milliseconds above 0, not " + millis.getAsDouble());
    }
  }

  /** Whether anything is asked for. */
  boolean isGiven() {
    return ttftMillis.isPresent() || itlMillis.isPresent();
  }

  /** Whether a reply is as good as asked for. */
  boolean isMetBy(Outcome outcome) {
    return outcome.succeeded() && meetsTtft(outcome.timing()) && meetsItl(outcome.timing());
  }

  private boolean meetsTtft(Timing timing) {
    return ttftMillis.isEmpty()
        || (timing.timeToFirstToken().isPresent()
            && timing.timeToFirstToken().getAsLong() / NANOS_PER_MILLI <= ttftMillis.getAsDouble());
  }

  private boolean meetsItl(Timing timing) {
    double[] sorted = timing.interTokenLatencies().asDoubleStream().toArray();
    Arrays.sort(sorted);
    return itlMillis.isEmpty()
        || sorted.length == 0
        || Summary.percentile(sorted, 99) / NANOS_PER_MILLI <= itlMillis.getAsDouble();
  }
}
