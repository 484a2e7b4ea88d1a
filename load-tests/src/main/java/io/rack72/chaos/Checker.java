package io.rack72.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Compares what clients received with what they should have, token for token and as the text that a
 * reader sees, and how their requests ended. Without state.
 */
final class Checker {
  /** Characters of a text that a finding shows. */
  private static final int EXCERPT = 24;

  private Checker() {}

  /**
   * All that is wrong with a run's streams; of a choice whose tokens or end are wrong only that,
   * since its text follows from them.
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
    Optional<Difference> different = Difference.of(got.tokens(), right.tokens(), whole);
    if (different.isPresent()) {
      findings.add(tokens(stream, choice, got.tokens(), right.tokens(), different.get()));
    } else if (whole && !got.reasons().equals(List.of(right.reason()))) {
      findings.add(
          new Finding(
              Finding.Kind.WRONG_END,
              stream,
              "choice %d ends by %s, once by %s would be right"
                  .formatted(choice, got.reasons(), right.reason())));
    } else {
      texts(stream, choice, got, right, whole, findings);
      logprobs(stream, choice, got.logprobs(), right.logprobs(), whole, findings);
    }
  }

  private static Finding tokens(
      String stream, int choice, List<Integer> got, List<Integer> right, Difference different) {
    int at = different.at();
    return switch (different.kind()) {
      case WRONG ->
          new Finding(
              Finding.Kind.WRONG_TOKEN,
              stream,
              "token %d of choice %d is %d, %s would be right"
                  .formatted(
                      at,
                      choice,
                      got.get(at),
                      at < right.size() ? right.get(at) : "the end of it"));
      case MISSING ->
          new Finding(
              Finding.Kind.MISSING_TOKENS,
              stream,
              at == got.size()
                  ? "choice %d ends as complete with %d of %d tokens"
                      .formatted(choice, at, right.size())
                  : "%d tokens at token %d of choice %d did not come"
                      .formatted(different.count(), at, choice));
      case DOUBLED ->
          new Finding(
              Finding.Kind.DOUBLED_TOKENS,
              stream,
              "%d tokens before token %d of choice %d came again"
                  .formatted(different.count(), at, choice));
    };
  }

  /** Text is compared as a whole, since deltas may be cut anywhere. */
  private static void texts(
      String stream,
      int choice,
      Received.Choice got,
      Expected right,
      boolean whole,
      List<Finding> findings) {
    for (Event.Kind part : Event.TEXTS) {
      String gotText = got.text(part);
      String rightText = right.texts().get(part);
      Difference.of(gotText, rightText, whole)
          .ifPresent(
              different ->
                  findings.add(
                      new Finding(
                          switch (different.kind()) {
                            case WRONG -> Finding.Kind.WRONG_TEXT;
                            case MISSING -> Finding.Kind.MISSING_TEXT;
                            case DOUBLED -> Finding.Kind.DOUBLED_TEXT;
                          },
                          stream,
                          "at character %d the %s of choice %d goes on as '%s', '%s' would be right"
                              .formatted(
                                  different.at(),
                                  part.name().toLowerCase(Locale.ROOT),
                                  choice,
                                  excerpt(gotText, different.at()),
                                  excerpt(rightText, different.at())))));
    }
  }

  private static String excerpt(String text, int from) {
    int[] shown = text.codePoints().skip(from).limit(EXCERPT).toArray();
    return new String(shown, 0, shown.length);
  }

  private static void logprobs(
      String stream,
      int choice,
      List<String> got,
      List<String> right,
      boolean whole,
      List<Finding> findings) {
    int same = Difference.samePrefix(got, right);
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
}
