package io.rack72.gateway;

import io.rack72.text.Channels;
import io.rack72.text.Conversation;
import io.rack72.text.DeveloperContent;
import io.rack72.text.FunctionTool;
import io.rack72.text.Message;
import io.rack72.text.SystemContent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads {@code messages} and {@code tools} of a chat request as a Harmony conversation.
 *
 * <p>As in the chat template that is published with the models, the client's system prompt becomes
 * the developer message, in which the functions stand too; Harmony's own system message tells the
 * model about itself. What an assistant message says beside its calls goes where the model says
 * such things, on the commentary channel.
 */
final class ChatMessages {
  private static final int MESSAGES_LIMIT = 4096;
  private static final int PARTS_LIMIT = 1024;
  private static final int CALLS_LIMIT = 128;
  private static final int TOOLS_LIMIT = 128;
  private static final String FUNCTION_NAME = "[A-Za-z0-9_.-]{1,64}";

  private final List<Message> messages = new ArrayList<>();
  private final Map<String, String> functionOfCall = new HashMap<>();

  private ChatMessages() {}

  /**
   * @param tools the functions that the model may call
   * @throws ApiError where a message is not as it must be
   */
  static Conversation read(JsonValue array, SystemContent system, List<FunctionTool> tools) {
    List<JsonValue> items = array.items(MESSAGES_LIMIT);
    if (items.isEmpty()) {
      throw array.error("must have at least one message");
    }
    int leading = 0;
    while (leading < items.size() && instructs(items.get(leading))) {
      leading++;
    }
    ChatMessages reader = new ChatMessages();
    reader.messages.add(Message.system(system));
    Optional<String> instructions =
        leading == 0
            ? Optional.empty()
            : Optional.of(
                items.subList(0, leading).stream()
                    .map(item -> text(item.required("content")))
                    .collect(Collectors.joining("\n\n")));
    if (instructions.isPresent() || !tools.isEmpty()) {
      reader.messages.add(Message.developer(new DeveloperContent(instructions, tools)));
    }
    items.subList(leading, items.size()).forEach(reader::add);
    return new Conversation(reader.messages);
  }

  /** Reads {@code tools}. */
  static List<FunctionTool> tools(JsonValue array) {
    return array.items(TOOLS_LIMIT).stream().map(ChatMessages::tool).toList();
  }

  private static FunctionTool tool(JsonValue item) {
    JsonValue type = item.object().required("type");
    if (!type.text().equals("function")) {
      throw type.error("must be 'function': other tools are not supported");
    }
    JsonValue function = item.required("function").object();
    return new FunctionTool(
        functionName(function.required("name")),
        function.field("description").map(JsonValue::text).orElse(""),
        function.field("parameters").map(value -> value.object().node()));
  }

  private static boolean instructs(JsonValue item) {
    String role = item.object().required("role").text();
    return role.equals("system") || role.equals("developer");
  }

  private void add(JsonValue item) {
    JsonValue role = item.object().required("role");
    switch (role.text()) {
      case "system", "developer" ->
          messages.add(
              Message.developer(
                  new DeveloperContent(Optional.of(text(item.required("content"))), List.of())));
      case "user" -> messages.add(Message.user(text(item.required("content"))));
      case "assistant" -> addAssistant(item);
      case "tool" -> addToolResult(item);
      default ->
          throw role.error(
              "must be 'system', 'developer', 'user', 'assistant' or 'tool', not "
                  + ApiError.quote(role.text()));
    }
  }

  private void addAssistant(JsonValue item) {
    Optional<String> reasoning =
        item.field("reasoning").or(() -> item.field("reasoning_content")).map(JsonValue::text);
    Optional<String> content = item.field("content").map(ChatMessages::text);
    List<JsonValue> calls =
        item.field("tool_calls").map(value -> value.items(CALLS_LIMIT)).orElse(List.of());
    if (reasoning.isEmpty() && content.isEmpty() && calls.isEmpty()) {
      throw item.error("must have 'content' or 'tool_calls'");
    }
    reasoning.ifPresent(text -> messages.add(Message.assistant(Channels.ANALYSIS, text)));
    if (calls.isEmpty()) {
      content.ifPresent(text -> messages.add(Message.assistant(Channels.FINAL, text)));
    } else {
      content
          .filter(text -> !text.isEmpty())
          .ifPresent(text -> messages.add(Message.assistant(Channels.COMMENTARY, text)));
      calls.forEach(this::addCall);
    }
  }

  private void addCall(JsonValue call) {
    JsonValue function = call.object().required("function").object();
    String name = functionName(function.required("name"));
    functionOfCall.put(call.required("id").text(), name);
    messages.add(Message.functionCall(name, function.required("arguments").text()));
  }

  private void addToolResult(JsonValue item) {
    JsonValue id = item.required("tool_call_id");
    String function = functionOfCall.get(id.text());
    if (function == null) {
      throw id.error("names no call of an earlier message: " + ApiError.quote(id.text()));
    }
    messages.add(Message.functionResult(function, text(item.required("content"))));
  }

  /** A string, or parts that are all text. */
  private static String text(JsonValue content) {
    if (!content.isArray()) {
      if (!content.isText()) {
        throw content.mustBe("a string or an array of text parts");
      }
      return content.text();
    }
    return content.items(PARTS_LIMIT).stream()
        .map(ChatMessages::partText)
        .collect(Collectors.joining());
  }

  private static String partText(JsonValue part) {
    JsonValue type = part.object().required("type");
    if (!type.text().equals("text")) {
      throw type.error("must be 'text': this model reads nothing else");
    }
    return part.required("text").text();
  }

  private static String functionName(JsonValue value) {
    if (!value.text().matches(FUNCTION_NAME)) {
      throw value.error(
          "must have 1 to 64 letters, digits, '_', '-' or '.', not "
              + ApiError.quote(value.text()));
    }
    return value.text();
  }
}
