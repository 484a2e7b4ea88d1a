package io.rack72.load;

import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * When the parts of a reply came, by {@link System#nanoTime}. An event's time is that at which the
 * read that completed it returned, so events of one read came at the same time.
 *
 * @param startNanos when the request was sent, or, in an open loop, was to be sent
 * @param eventNanos when each event of the stream came that carried at least one token
 * @param endNanos when the reply was whole
 */
record Timing(long startNanos, long[] eventNanos, long endNanos) {
  /** TTFT: until the first event with a token. */
  OptionalLong timeToFirstToken() {
    return eventNanos.length == 0
        ? OptionalLong.empty()
        : OptionalLong.of(eventNanos[0] - startNanos);
  }

  /**
   * ITL: the times between successive events that carry tokens. A server may put several tokens
   * into one event; the gap before it is one sample all the same, and is not divided among them,
   * because it is how long the client stood without a new token. (So counts vLLM's benchmark, too.)
   * What coalescing hides from it, {@link #timePerOutputToken} shows.
   */
  LongStream interTokenLatencies() {
    return IntStream.range(1, eventNanos.length).mapToLong(i -> eventNanos[i] - eventNanos[i - 1]);
  }

  /**
   * TPOT: the time from the first event with a token to the last, for each token after the first.
   *
   * @param tokens of the whole reply
   */
  OptionalDouble timePerOutputToken(int tokens) {
    if (tokens < 2 || eventNanos.length == 0) {
      return OptionalDouble.empty();
    }
    long span = eventNanos[eventNanos.length - 1] - eventNanos[0];
    return OptionalDouble.of((double) span / (tokens - 1));
  }

  /** Until the reply was whole. */
  long endToEnd() {
    return endNanos - startNanos;
  }
}
