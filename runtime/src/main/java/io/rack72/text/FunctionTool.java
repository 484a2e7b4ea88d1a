package io.rack72.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;
import java.util.Optional;

/**
 * A function that the model may call.
 *
 * @param name one word
 * @param description what it does; may be empty
 * @param parameters JSON schema of its argument object, with its properties in the order in which
 *     the model shall read them; without one it takes no arguments. Must not be changed afterwards
 */
public record FunctionTool(String name, String description, Optional<JsonNode> parameters) {
  /** How many objects and lists may be nested in a schema. */
  public static final int MAX_SCHEMA_DEPTH = 100;

  public FunctionTool {
    HeaderWord.check("a function name", name);
    Objects.requireNonNull(description, "description");
    parameters.ifPresent(schema -> checkDepth(name, schema, MAX_SCHEMA_DEPTH));
  }

  private static void checkDepth(String name, JsonNode schema, int levelsLeft) {
    if (levelsLeft < 0) {
      throw new IllegalArgumentException(
          "the parameters of function '%s' are nested more than %d levels deep"
              .formatted(name, MAX_SCHEMA_DEPTH));
    }
    for (JsonNode inner : schema) {
      checkDepth(name, inner, levelsLeft - 1);
    }
  }
}
