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
  public FunctionTool {
    HeaderWord.check("a function name", name);
    Objects.requireNonNull(description, "description");
    Objects.requireNonNull(parameters, "parameters");
  }
}
