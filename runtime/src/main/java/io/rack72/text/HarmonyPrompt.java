package io.rack72.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The texts of the system and the developer message, section by section as in openai/harmony
 * ({@code src/encoding.rs}).
 */
final class HarmonyPrompt {
  private static final String FUNCTIONS_CHANNEL =
      "\nCalls to these tools must go to the commentary channel: 'functions'.";

  private HarmonyPrompt() {}

  static String system(SystemContent system, boolean functionsOffered) {
    List<String> sections = new ArrayList<>();
    List<String> facts = new ArrayList<>();
    system.modelIdentity().ifPresent(facts::add);
    system.knowledgeCutoff().map(cutoff -> "Knowledge cutoff: " + cutoff).ifPresent(facts::add);
    system.currentDate().map(date -> "Current date: " + date).ifPresent(facts::add);
    if (!facts.isEmpty()) {
      sections.add(String.join("\n", facts));
    }
    system.reasoningEffort().map(effort -> "Reasoning: " + effort.text()).ifPresent(sections::add);
    if (!system.tools().isEmpty()) {
      sections.add(tools(system.tools()));
    }
    if (!system.validChannels().isEmpty()) {
      sections.add(
          "# Valid channels: "
              + String.join(", ", system.validChannels())
              + "."
              + (system.channelRequired() ? " Channel must be included for every message." : "")
              + (functionsOffered ? FUNCTIONS_CHANNEL : ""));
    }
    return String.join("\n\n", sections);
  }

  static String developer(DeveloperContent developer) {
    List<String> sections = new ArrayList<>();
    developer.instructions().map(text -> "# Instructions\n\n" + text).ifPresent(sections::add);
    if (!developer.functions().isEmpty()) {
      sections.add(tools(List.of(functions(developer.functions()))));
    }
    return String.join("\n\n", sections);
  }

  private static ToolNamespace functions(List<FunctionTool> functions) {
    return new ToolNamespace(Message.FUNCTIONS, "", functions);
  }

  private static String tools(List<ToolNamespace> namespaces) {
    List<String> sections = new ArrayList<>();
    sections.add("# Tools");
    namespaces.stream()
        .sorted(Comparator.comparing(ToolNamespace::name))
        .map(HarmonyPrompt::namespace)
        .forEach(sections::add);
    return String.join("\n\n", sections);
  }

  private static String namespace(ToolNamespace namespace) {
    List<String> lines = new ArrayList<>();
    lines.add("## " + namespace.name() + "\n");
    if (namespace.tools().isEmpty()) {
      lines.addAll(lines(namespace.description()));
      return String.join("\n", lines);
    }
    addComment(lines, namespace.description());
    lines.add("namespace " + namespace.name() + " {\n");
    for (FunctionTool tool : namespace.tools()) {
      addComment(lines, tool.description());
      String arguments =
          tool.parameters().map(schema -> "_: " + TypeScriptSchema.type(schema)).orElse("");
      lines.add("type " + tool.name() + " = (" + arguments + ") => any;\n");
    }
    lines.add("} // namespace " + namespace.name());
    return String.join("\n", lines);
  }

  private static void addComment(List<String> lines, String text) {
    lines(text).forEach(line -> lines.add("// " + line));
  }

  /** Lines end with a newline, before which a carriage return is dropped; it alone ends none. */
  private static List<String> lines(String text) {
    if (text.isEmpty()) {
      return List.of();
    }
    String whole = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    return Arrays.stream(whole.split("\n", -1))
        .map(line -> line.endsWith("\r") ? line.substring(0, line.length() - 1) : line)
        .toList();
  }
}
