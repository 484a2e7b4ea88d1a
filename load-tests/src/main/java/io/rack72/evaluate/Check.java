package io.rack72.evaluate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.List;

/** What makes a reply right. */
sealed interface Check {
  /** {@code {"number": "57"}}: the last number in the content is this one. */
  record LastNumber(BigDecimal value) implements Check {}

  /**
   * {@code {"contains": ["tray", "4"]}}: the content has each of these, as whole words, in upper or
   * lower case.
   */
  record Contains(List<String> words) implements Check {}

  /** {@code {"any": ["hello", "hi"]}}: the content has at least one of these, likewise. */
  record Any(List<String> words) implements Check {}

  /**
   * {@code {"list": ["red", "7"]}}: the content is these and nothing else, parted by a comma and a
   * blank; a full stop may follow.
   */
  record Items(List<String> items) implements Check {}

  /**
   * {@code {"call": {"name": "add", "arguments": {"x": 3}}}}: the reply calls this function once,
   * with equal arguments, and calls no other.
   */
  record Call(String name, ObjectNode arguments) implements Check {}

  /** {@code {}}: there is no right answer, and the reply must only be well-formed. */
  record Nothing() implements Check {}

  /**
   * Reads a {@code check}: an object with one field, or none.
   *
   * @throws io.rack72.cli.CommandFailedException if it is no such object
   */
  static Check read(JsonLine check) {
    List<String> fields = check.object().propertyStream().map(field -> field.getKey()).toList();
    if (fields.isEmpty()) {
      return new Nothing();
    }
    if (fields.size() > 1) {
      throw check.bad("'check' must have one field, not " + String.join(", ", fields));
    }
    return switch (fields.getFirst()) {
      case "number" -> new LastNumber(number(check));
      case "contains" -> new Contains(check.texts("contains"));
      case "any" -> new Any(check.texts("any"));
      case "list" -> new Items(check.texts("list"));
      case "call" -> {
        JsonLine call = check.inner("call");
        yield new Call(call.text("name"), call.inner("arguments").object());
      }
      default -> throw check.bad("'check' has the unknown field '%s'".formatted(fields.getFirst()));
    };
  }

  private static BigDecimal number(JsonLine check) {
    try {
      return new BigDecimal(check.text("number"));
    } catch (NumberFormatException e) {
      throw check.bad("'number' must be a number in a text, such as \"57\"");
    }
  }
}
