package io.rack72.twin;

import io.rack72.routing.SequenceAttempts;
import io.rack72.sampling.SamplingParams;
import java.util.function.Consumer;

/**
 * Requests that have come and not ended, by their number. Numbers are given in order, so those that
 * are live lie close together, and a table that is larger than their span finds each at once. Not
 * thread-safe.
 */
final class LiveRequests {
  /** A request that is live. */
  static final class Live {
    final int number;
    final long sinceNanos;
    final int[] prompt;
    final SamplingParams params;
    // As in the parameters, and at hand for each token.
    final int replyLength;
    final boolean whole;
    final SequenceAttempts attempts;
    long firstNanos = -1;
    long lastNanos;

    /**
     * @param vocabSize of the tokens that it is given
     * @param whole false for what is left of a request
     */
    Live(
        int number,
        long sinceNanos,
        int[] prompt,
        SamplingParams params,
        int vocabSize,
        boolean whole) {
      this.number = number;
      this.sinceNanos = sinceNanos;
      this.prompt = prompt;
      this.params = params;
      replyLength = params.maxTokens();
      this.whole = whole;
      attempts =
          new SequenceAttempts(
              LiveRequests::forget, new ModeledReply(prompt.length, params, vocabSize));
    }
  }

  /** Modeled tokens are not kept, since they can be drawn again. */
  private static void forget(int token) {}

  private Live[] table = new Live[1024];
  private int size;

  void put(Live request) {
    // Another that lives so long that the table has gone round makes it larger.
    while (table[slot(request.number)] != null) {
      grow();
    }
    table[slot(request.number)] = request;
    size++;
  }

  /** The request; null where it is not live. */
  Live get(int number) {
    Live there = table[slot(number)];
    return there != null && there.number == number ? there : null;
  }

  /** All of them, in no order that means anything but always the same. */
  void forEach(Consumer<Live> action) {
    for (Live request : table) {
      if (request != null) {
        action.accept(request);
      }
    }
  }

  void remove(int number) {
    table[slot(number)] = null;
    size--;
  }

  int size() {
    return size;
  }

  private int slot(int number) {
    return number & (table.length - 1);
  }

  private void grow() {
    Live[] before = table;
    table = new Live[2 * before.length];
    for (Live request : before) {
      if (request != null) {
        table[slot(request.number)] = request;
      }
    }
  }
}
