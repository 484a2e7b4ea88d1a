package io.rack72.load;

import io.rack72.load.SoakRequest.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Counts what becomes of the requests of a soak. Thread-safe. */
final class SoakTally {
  private static final int MOST_EXAMPLES = 20;

  private final Map<Kind, Counts> kinds = new EnumMap<>(Kind.class);
  private final List<String> examples = new ArrayList<>();
  private int requests;
  private int complaints;
  private long outputTokens;

  /**
   * @param replies that came whole and good
   * @param refused that got a status other than 200
   * @param gone that the client gave up
   * @param wrong that did not get what they should
   */
  record Counts(int replies, int refused, int gone, int wrong) {
    private static final Counts NONE = new Counts(0, 0, 0, 0);

    private Counts and(Outcome outcome, boolean isWrong) {
      boolean isRefused = outcome.status() != 0 && outcome.status() != 200;
      return new Counts(
          replies + (outcome.succeeded() ? 1 : 0),
          refused + (isRefused ? 1 : 0),
          gone + (outcome.aborted() ? 1 : 0),
          wrong + (isWrong ? 1 : 0));
    }
  }

  /** A request is over. */
  synchronized void add(long number, Kind kind, Outcome outcome, Optional<String> complaint) {
    requests++;
    outputTokens += outcome.reply().outputTokens();
    Counts before = kinds.getOrDefault(kind, Counts.NONE);
    kinds.put(kind, before.and(outcome, complaint.isPresent()));
    complaint.ifPresent(
        why -> complain("request %d (%s): %s".formatted(number, kind.title(), why)));
  }

  /** Something is wrong. */
  synchronized void complain(String why) {
    complaints++;
    if (examples.size() < MOST_EXAMPLES) {
      examples.add(why);
    }
  }

  synchronized int requests() {
    return requests;
  }

  synchronized int complaints() {
    return complaints;
  }

  /** Of whole replies. */
  synchronized long outputTokens() {
    return outputTokens;
  }

  /** The first complaints. */
  synchronized List<String> examples() {
    return List.copyOf(examples);
  }

  synchronized Map<Kind, Counts> kinds() {
    return new EnumMap<>(kinds);
  }
}
