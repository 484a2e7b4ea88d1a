package io.rack72.text;

import java.util.List;
import java.util.Objects;

/**
 * Tools that are announced under one name, such as {@code functions} or {@code browser}.
 *
 * @param name one word
 * @param description what they are for; may be empty
 * @param tools without any, the description alone tells how the namespace is used, as for {@code
 *     python}, which takes raw code
 */
public record ToolNamespace(String name, String description, List<FunctionTool> tools) {
  public ToolNamespace {
    HeaderWord.check("a tool namespace", name);
    Objects.requireNonNull(description, "description");
    tools = List.copyOf(tools);
  }
}
