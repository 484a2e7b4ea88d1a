package io.rack72.twin;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Latencies that a request may have at most, in nanoseconds; {@link Long#MAX_VALUE} where any will
 * do. Immutable.
 *
 * @param ttftNanos to the first token
 * @param tpotNanos in the mean for each further token
 * @param endToEndNanos to the last
 */
public record Slo(long ttftNanos, long tpotNanos, long endToEndNanos) {
  /** That every request meets. */
  public static final Slo NONE = new Slo(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

  private static final double MAX_MILLIS = 1e9;
  private static final double NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  public Slo {
    if (ttftNanos < 1 || tpotNanos < 1 || endToEndNanos < 1) {
      throw new IllegalArgumentException(
          "no request meets an SLO of 0, so each is above that: %d, %d and %d ns"
              .formatted(ttftNanos, tpotNanos, endToEndNanos));
    }
  }

  /**
   * Reads milliseconds such as {@code ttft=500,tpot=20,e2e=10000}, of which any may be missing.
   *
   * @throws IllegalArgumentException in one sentence, if it is anything else
   */
  public static Slo parse(String text) {
    long ttft = Long.MAX_VALUE;
    long tpot = Long.MAX_VALUE;
    long endToEnd = Long.MAX_VALUE;
    for (String each : text.split(",", -1)) {
      int equals = each.indexOf('=');
      String name = each.substring(0, Math.max(0, equals)).strip().toLowerCase(Locale.ROOT);
      long before =
          switch (name) {
            case "ttft" -> ttft;
            case "tpot" -> tpot;
            case "e2e" -> endToEnd;
            default ->
                throw new IllegalArgumentException(
                    "an SLO is milliseconds of ttft, tpot or e2e, such as ttft=500,tpot=20, not '"
                        + text
                        + "'");
          };
      if (before != Long.MAX_VALUE) {
        throw new IllegalArgumentException("an SLO names " + name + " once, not '" + text + "'");
      }
      long nanos = nanos(name, each.substring(equals + 1));
      switch (name) {
        case "ttft" -> ttft = nanos;
        case "tpot" -> tpot = nanos;
        default -> endToEnd = nanos;
      }
    }
    return new Slo(ttft, tpot, endToEnd);
  }

  private static long nanos(String name, String text) {
    try {
      double millis = Double.parseDouble(text.strip());
      // Below a nanosecond it would be 0.
      if (millis * NANOS_PER_MILLI >= 1 && millis <= MAX_MILLIS) {
        return (long) (millis * NANOS_PER_MILLI);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "an SLO's " + name + " is a number of milliseconds, not '" + text + "'", e);
    }
    throw new IllegalArgumentException(
        "no request meets an SLO whose "
            + name
            + " is "
            + text
            + " ms: it is above 0 and at most 1e9");
  }

  /** As {@link #parse} reads it; empty where there is none. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    add(text, "ttft", ttftNanos);
    add(text, "tpot", tpotNanos);
    add(text, "e2e", endToEndNanos);
    return text.toString();
  }

  private static void add(StringBuilder to, String name, long nanos) {
    if (nanos != Long.MAX_VALUE) {
      to.append(to.isEmpty() ? "" : ",").append(name).append('=').append(nanos / NANOS_PER_MILLI);
    }
  }

  /**
   * Why no request can meet it, if that is so.
   *
   * @param requestNanos that a host takes for a request before its first step
   * @param stepNanos that the shortest of all steps takes
   * @param leastReply tokens of the shortest reply
   */
  Optional<String> impossible(long requestNanos, long stepNanos, int leastReply) {
    long first = requestNanos + stepNanos;
    long whole = first + (leastReply - 1) * stepNanos;
    if (ttftNanos < first) {
      return Optional.of(
          whyNot("ttft", ttftNanos, "its host and one step of one token take", first));
    }
    if (leastReply > 1 && tpotNanos < stepNanos) {
      return Optional.of(whyNot("tpot", tpotNanos, "a step of one token takes", stepNanos));
    }
    return endToEndNanos < whole
        ? Optional.of(
            whyNot(
                "e2e", endToEndNanos, "its host and a step for each token of a reply take", whole))
        : Optional.empty();
  }

  private static String whyNot(String name, long nanos, String what, long least) {
    return String.format(
        Locale.ROOT,
        "no request can meet an SLO of %s=%s: on this rack %s %.3f ms at least",
        name,
        nanos / NANOS_PER_MILLI,
        what,
        least / NANOS_PER_MILLI);
  }

  /**
   * Whether a request meets it.
   *
   * @param tpot 0 where there is only one token
   */
  boolean met(long ttft, long tpot, long endToEnd) {
    return ttft <= ttftNanos && tpot <= tpotNanos && endToEnd <= endToEndNanos;
  }
}
