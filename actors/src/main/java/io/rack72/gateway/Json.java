package io.rack72.gateway;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** How this gateway reads and writes JSON. */
final class Json {
  /** Objects and arrays inside each other at most; tool schemas need about ten. */
  static final int NESTING_LIMIT = 64;

  /** Values, names and brackets in a body at most, so that small ones cannot fill the heap. */
  static final int TOKEN_LIMIT = 2_000_000;

  private static final int NUMBER_LIMIT_CHARS = 100;

  // A name given twice is refused: which of the two was meant cannot be known.
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(NESTING_LIMIT)
                          .maxNumberLength(NUMBER_LIMIT_CHARS)
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxTokenCount(TOKEN_LIMIT)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build();

  private Json() {}

  /**
   * Reads exactly one value.
   *
   * @throws ApiError 400, with line and column, where the bytes are no JSON or exceed a limit
   */
  static JsonNode parse(byte[] body) {
    try {
      JsonNode node = MAPPER.readTree(body);
      if (node == null || node.isMissingNode()) {
        throw ApiError.invalid("", "the request body is empty; it must be a JSON object");
      }
      return node;
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " at line %d, column %d"
                  .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
      throw ApiError.invalid(
          "",
          "the request body is not valid JSON"
              + where
              + ": "
              + withoutParserWords(e.getOriginalMessage()));
    } catch (IOException e) {
      throw ApiError.invalid("", "the request body is not valid JSON: " + e.getMessage());
    }
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** A record as JSON, its components in snake case. */
  static JsonNode of(Object value) {
    return MAPPER.valueToTree(value);
  }

  /**
   * The text of a value. Going through characters instead of writing bytes at once replaces halves
   * of surrogate pairs, which a client may have sent and an error message may repeat.
   */
  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a JSON tree can always be written", e);
    }
  }

  /** What the parser says of its own settings and sources means nothing to a client. */
  private static String withoutParserWords(String message) {
    return message.replaceAll(" \\(start marker at .*\\)", "");
  }
}
