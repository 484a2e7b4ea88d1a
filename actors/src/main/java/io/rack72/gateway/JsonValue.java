package io.rack72.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A value in a request body that knows its path, so that whatever is wrong with it can be said in
 * one sentence that names it, such as {@code messages[2].content}. Immutable.
 *
 * <p>Every method that reads throws {@link ApiError} 400 where the value is of another type or out
 * of range.
 */
final class JsonValue {
  private final String path;
  private final JsonNode node;

  private JsonValue(String path, JsonNode node) {
    this.path = path;
    this.node = node;
  }

  /** A request body, which must be an object. */
  static JsonValue body(byte[] bytes) {
    return new JsonValue("", Json.parse(bytes)).object();
  }

  String path() {
    return path;
  }

  JsonNode node() {
    return node;
  }

  /** A field of this object; empty where it is absent or null. */
  Optional<JsonValue> field(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull()
        ? Optional.empty()
        : Optional.of(new JsonValue(path.isEmpty() ? name : path + "." + name, value));
  }

  /** A field that must be there. */
  JsonValue required(String name) {
    return field(name)
        .orElseThrow(
            () -> {
              String field = path.isEmpty() ? name : path + "." + name;
              return ApiError.invalid(field, "'" + field + "' is missing");
            });
  }

  boolean isText() {
    return node.isTextual();
  }

  boolean isArray() {
    return node.isArray();
  }

  boolean isNumber() {
    return node.isNumber();
  }

  JsonValue object() {
    if (!node.isObject()) {
      throw mustBe("an object");
    }
    return this;
  }

  /** The fields of this object by name, sorted; null ones included. */
  Map<String, JsonValue> fields(int limit) {
    object();
    if (node.size() > limit) {
      throw error("has " + node.size() + " fields, and the limit is " + limit);
    }
    Map<String, JsonValue> fields = new TreeMap<>();
    node.properties()
        .forEach(
            field ->
                fields.put(
                    field.getKey(), new JsonValue(path + "." + field.getKey(), field.getValue())));
    return fields;
  }

  List<JsonValue> items(int limit) {
    if (!node.isArray()) {
      throw mustBe("an array");
    }
    if (node.size() > limit) {
      throw error("has " + node.size() + " items, and the limit is " + limit);
    }
    List<JsonValue> items = new ArrayList<>(node.size());
    for (int i = 0; i < node.size(); i++) {
      items.add(new JsonValue(path + "[" + i + "]", node.get(i)));
    }
    return items;
  }

  /**
   * Token ids, each from 0 to {@code vocabSize}, exclusive. Read in one go: a prompt may have a
   * hundred thousand of them.
   */
  int[] tokenIds(int vocabSize) {
    if (!node.isArray()) {
      throw mustBe("an array of token ids");
    }
    int[] ids = new int[node.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = node.get(i);
      boolean valid = id.isInt() && id.intValue() >= 0 && id.intValue() < vocabSize;
      // The path is written only for the id that it is needed for.
      ids[i] =
          valid ? id.intValue() : new JsonValue(path + "[" + i + "]", id).integer(0, vocabSize - 1);
    }
    return ids;
  }

  String text() {
    if (!node.isTextual()) {
      throw mustBe("a string");
    }
    return node.textValue();
  }

  String text(int limitChars) {
    String text = text();
    if (text.length() > limitChars) {
      throw error("has " + text.length() + " characters, and the limit is " + limitChars);
    }
    return text;
  }

  boolean bool() {
    if (!node.isBoolean()) {
      throw mustBe("true or false");
    }
    return node.booleanValue();
  }

  /** A whole number from {@code min} to {@code max}, both included. */
  int integer(int min, int max) {
    return (int) integer((long) min, (long) max);
  }

  /** A whole number from {@code min} to {@code max}, both included. */
  long integer(long min, long max) {
    if (!node.isIntegralNumber()) {
      throw mustBe("a whole number");
    }
    if (!node.canConvertToLong() || node.longValue() < min || node.longValue() > max) {
      throw outOfRange(min + " to " + max);
    }
    return node.longValue();
  }

  /** A number from {@code min} to {@code max}, both included. */
  float number(double min, double max) {
    if (!node.isNumber()) {
      throw mustBe("a number");
    }
    double value = node.doubleValue();
    if (!(value >= min && value <= max)) {
      throw outOfRange(plain(min) + " to " + plain(max));
    }
    return (float) value;
  }

  /** A number above 0 and at most {@code max}. */
  float positiveNumber(double max) {
    float value = number(0, max);
    if (value == 0) {
      throw outOfRange("above 0 and at most " + plain(max));
    }
    return value;
  }

  /** The error that this value {@code is}, {@code has} or {@code must be} something. */
  ApiError error(String predicate) {
    return ApiError.invalid(path, subject() + " " + predicate);
  }

  private ApiError outOfRange(String range) {
    return error("must be " + range + ", not " + ApiError.quote(node.asText()));
  }

  ApiError mustBe(String what) {
    String kind =
        switch (node.getNodeType()) {
          case OBJECT -> "an object";
          case ARRAY -> "an array";
          case STRING -> "a string";
          case BOOLEAN -> "a boolean";
          case NUMBER ->
              node.isIntegralNumber()
                  ? "a whole number"
                  : "a fraction or a number with an exponent";
          case NULL -> "null";
          case BINARY, MISSING, POJO -> "nothing that JSON has";
        };
    return error("must be " + what + ", not " + kind);
  }

  private String subject() {
    return path.isEmpty() ? "the request body" : "'" + path + "'";
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }
}
