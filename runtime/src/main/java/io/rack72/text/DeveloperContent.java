package io.rack72.text;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What the client tells the model: the system or developer prompt of the chat API, and its
 * functions.
 */
public record DeveloperContent(Optional<String> instructions, List<FunctionTool> functions)
    implements Content {
  public DeveloperContent {
    Objects.requireNonNull(instructions, "instructions");
    functions = List.copyOf(functions);
  }
}
