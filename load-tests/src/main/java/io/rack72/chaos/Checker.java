package io.rack72.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares what clients received with what they should have, token for token, and how their
 * requests ended. Without state.
 */
final class Checker {
  private Checker() {}

  /**
   * All that is wrong with a run's streams; of a choice only what is wrong first.
   *
   * @param events of the run
   * @param expected of each stream, by choice
   */
  static List<Finding> check(List<Event> events, Map<String, Map<Integer, Expected>> expected) {
    List<Finding> findings = new ArrayList<>();
    for (Event event : events) {
      if (event.kind() == Event.Kind.FAULT_REFUSED) {
        findings.add(new Finding(Finding.Kind.FAULT_REFUSED, "", event.text()));
      }
    }
    Received.byStream(events)
        .forEach(
            (stream, received) ->
                check(stream, received, expected.getOrDefault(stream, Map.of()), findings));
    return findings;
  }

  private static void check(
      String stream, Received received, Map<Integer, Expected> expected, List<Finding> findings) {
    ended(stream, received, findings);
    boolean whole =
        received.ends().size() == 1 && received.ends().getFirst().kind() == Event.Kind.DONE;
    for (int choice : received.choices().keySet()) {
      if (!expected.containsKey(choice)) {
        findings.add(
            new Finding(
                Finding.Kind.WRONG_TOKEN, stream, "choice %d is not expected".formatted(choice)));
      }
    }
    expected.forEach(
        (choice, right) -> {
          Received.Choice got = received.choices().getOrDefault(choice, new Received.Choice());
          choice(stream, choice, got, right, whole, findings);
        });
    int tokens = expected.values().stream().mapToInt(choice -> choice.tokens().size()).sum();
    if (whole && !received.usages().equals(List.of((long) tokens))) {
      findings.add(
          new Finding(
              Finding.Kind.WRONG_USAGE,
              stream,
              "usage is told as %s, once and as %d would be right"
                  .formatted(received.usages(), tokens)));
    }
  }

  private static void ended(String stream, Received received, List<Finding> findings) {
    if (received.ends().isEmpty()) {
      findings.add(new Finding(Finding.Kind.NOT_ENDED, stream, "the request has no end"));
    }
    if (received.ends().size() > 1 || received.afterEnd() > 0) {
      findings.add(
          new Finding(
              Finding.Kind.ENDED_TWICE,
              stream,
              "the request ended %d times, and %d events came after the first"
                  .formatted(received.ends().size(), received.afterEnd())));
    }
    for (Event end : received.ends()) {
      if (end.kind() != Event.Kind.DONE) {
        Finding.Kind kind =
            end.kind() == Event.Kind.STUCK ? Finding.Kind.STUCK : Finding.Kind.FAILED;
        findings.add(new Finding(kind, stream, end.text()));
      }
    }
  }

  private static void choice(
      String stream,
      int choice,
      Received.Choice got,
      Expected right,
      boolean whole,
      List<Finding> findings) {
    int same = samePrefix(got.tokens(), right.tokens());
    if (same < got.tokens().size()) {
      findings.add(different(stream, choice, got.tokens(), right.tokens(), same));
    } else if (whole && same < right.tokens().size()) {
      findings.add(
          new Finding(
              Finding.Kind.MISSING_TOKENS,
              stream,
              "choice %d ends as complete with %d of %d tokens"
                  .formatted(choice, same, right.tokens().size())));
    } else if (whole && !got.reasons().equals(List.of(right.reason()))) {
      findings.add(
          new Finding(
              Finding.Kind.WRONG_END,
              stream,
              "choice %d ends by %s, once by %s would be right"
                  .formatted(choice, got.reasons(), right.reason())));
    } else {
      logprobs(stream, choice, got.logprobs(), right.logprobs(), whole, findings);
    }
  }

  private static void logprobs(
      String stream,
      int choice,
      List<String> got,
      List<String> right,
      boolean whole,
      List<Finding> findings) {
    int same = samePrefix(got, right);
    if (same < got.size() || (whole && same < right.size())) {
      findings.add(
          new Finding(
              Finding.Kind.WRONG_LOGPROB,
              stream,
              "logprob %d of choice %d is %s, %s would be right"
                  .formatted(
                      same,
                      choice,
                      same < got.size() ? got.get(same) : "missing",
                      same < right.size() ? right.get(same) : "none")));
    }
  }

  private static <T> int samePrefix(List<T> one, List<T> other) {
    int most = Math.min(one.size(), other.size());
    int same = 0;
    while (same < most && one.get(same).equals(other.get(same))) {
      same++;
    }
    return same;
  }

  /** Tells tokens that came again or were left out from wrong ones, by where the rest fits. */
  private static Finding different(
      String stream, int choice, List<Integer> got, List<Integer> right, int at) {
    List<Integer> rest = got.subList(at, got.size());
    Finding.Kind kind = Finding.Kind.WRONG_TOKEN;
    String sentence =
        "token %d of choice %d is %d, %s would be right"
            .formatted(
                at, choice, got.get(at), at < right.size() ? right.get(at) : "the end of it");
    // One token fits by chance, so what is left must be all as it is elsewhere.
    for (int shift = 1; shift <= Math.max(at, right.size() - at); shift++) {
      if (shift <= at && fits(rest, right, at - shift)) {
        kind = Finding.Kind.DOUBLED_TOKENS;
        sentence = "%d tokens before token %d of choice %d came again".formatted(shift, at, choice);
        break;
      }
      if (at + shift < right.size() && fits(rest, right, at + shift)) {
        kind = Finding.Kind.MISSING_TOKENS;
        sentence = "%d tokens at token %d of choice %d did not come".formatted(shift, at, choice);
        break;
      }
    }
    return new Finding(kind, stream, sentence);
  }

  private static boolean fits(List<Integer> rest, List<Integer> right, int from) {
    int length = Math.min(rest.size(), right.size() - from);
    return length > 0 && rest.subList(0, length).equals(right.subList(from, from + length));
  }
}
