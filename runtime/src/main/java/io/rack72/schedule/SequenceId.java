package io.rack72.schedule;

import java.util.Comparator;

/**
 * One sequence of tokens being generated: a choice of a request. Ordered by request, then choice.
 *
 * @param request the request's id, unique in the rack
 * @param choice which of the request's {@code n} choices, from 0
 */
public record SequenceId(String request, int choice) implements Comparable<SequenceId> {
  private static final Comparator<SequenceId> ORDER =
      Comparator.comparing(SequenceId::request).thenComparingInt(SequenceId::choice);

  public SequenceId {
    if (request.isEmpty() || choice < 0) {
      throw new IllegalArgumentException(
          "a sequence has a request and a choice from 0, not '" + request + "', " + choice);
    }
  }

  @Override
  public int compareTo(SequenceId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return request + "#" + choice;
  }
}
