package io.rack72.evaluate;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Tells right replies from wrong ones. Stateless. */
final class Judge {
  /** A sign counts where it is no minus or hyphen between two things. */
  private static final Pattern NUMBER = Pattern.compile("(?:(?<![\\w.)])[+-])?\\d+(?:\\.\\d+)?");

  /** Equal numbers may be written differently; for all other values equal means the same. */
  private static final Comparator<JsonNode> BY_VALUE =
      (a, b) -> {
        if (a.isNumber() && b.isNumber()) {
          return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
      };

  private Judge() {}

  /** Why a reply is not right; empty where it is. */
  static Optional<String> fault(Check check, Reply reply) {
    if (!(check instanceof Check.Call) && !reply.calls().isEmpty()) {
      return Optional.of("it calls a function");
    }
    String content = reply.content();
    return switch (check) {
      case Check.Nothing() -> Optional.empty();
      case Check.LastNumber(BigDecimal value) -> number(value, content);
      case Check.Contains(List<String> words) -> {
        String missing = words.stream().filter(word -> !has(content, word)).collect(joining(", "));
        yield unless(missing.isEmpty(), "it lacks " + missing);
      }
      case Check.Any(List<String> words) ->
          unless(
              words.stream().anyMatch(word -> has(content, word)),
              "it has none of " + String.join(", ", words));
      case Check.Items(List<String> items) -> {
        String list = content.strip();
        list = list.endsWith(".") ? list.substring(0, list.length() - 1) : list;
        String expected = String.join(", ", items);
        yield unless(list.equals(expected), "it is not " + expected);
      }
      case Check.Call call -> call(call, reply.calls());
    };
  }

  private static Optional<String> number(BigDecimal value, String content) {
    Optional<BigDecimal> last =
        NUMBER
            .matcher(content)
            .results()
            .map(MatchResult::group)
            .reduce((before, after) -> after)
            .map(BigDecimal::new);
    return unless(
        last.isPresent() && last.get().compareTo(value) == 0,
        "its last number is %s, not %s"
            .formatted(last.map(BigDecimal::toPlainString).orElse("none"), value.toPlainString()));
  }

  private static boolean has(String content, String word) {
    return Pattern.compile(
            "(?<!\\w)" + Pattern.quote(word) + "(?!\\w)",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
        .matcher(content)
        .find();
  }

  private static Optional<String> call(Check.Call expected, List<Reply.Call> calls) {
    if (calls.size() != 1) {
      return Optional.of("it has %d calls, not one".formatted(calls.size()));
    }
    Reply.Call call = calls.getFirst();
    if (!call.name().equals(expected.name())) {
      return Optional.of("it calls %s, not %s".formatted(call.name(), expected.name()));
    }
    try {
      return unless(
          Json.object(call.arguments()).equals(BY_VALUE, expected.arguments()),
          "its arguments are not " + expected.arguments());
    } catch (JsonProcessingException e) {
      return Optional.of("its arguments are not a JSON object");
    }
  }

  private static Optional<String> unless(boolean right, String fault) {
    return right ? Optional.empty() : Optional.of(fault);
  }
}
