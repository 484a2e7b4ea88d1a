package io.rack72.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a server made of a chat request.
 *
 * @param flaw why it is not well-formed; empty where it is: one message that ended by itself, in
 *     good form, and says something or calls a function
 * @param content empty where it has none
 * @param source the choice, or what came in its place
 */
record Reply(Optional<String> flaw, String content, List<Call> calls, JsonNode source) {
  private static final List<String> GOOD_ENDS = List.of("stop", "tool_calls");

  /**
   * A function call.
   *
   * @param arguments as the model wrote them
   */
  record Call(String name, String arguments) {}

  /** No reply at all. */
  static Reply none(String why) {
    return new Reply(Optional.of(why), "", List.of(), JsonNodeFactory.instance.nullNode());
  }

  /** What an HTTP response says. */
  static Reply of(int status, String body) {
    if (status != 200) {
      return refused("it has status " + status, JsonNodeFactory.instance.textNode(body));
    }
    ObjectNode json;
    try {
      json = Json.object(body);
    } catch (JsonProcessingException e) {
      return refused("it is not a JSON object", JsonNodeFactory.instance.textNode(body));
    }
    if (json.path("choices").size() != 1) {
      return refused("it does not have one choice", json);
    }
    JsonNode choice = json.get("choices").get(0);
    String content = choice.at("/message/content").asText("");
    List<Call> calls = new ArrayList<>();
    for (JsonNode call : choice.at("/message/tool_calls")) {
      calls.add(
          new Call(
              call.at("/function/name").asText(""), call.at("/function/arguments").asText("")));
    }
    return new Reply(flaw(choice, content, calls), content, List.copyOf(calls), choice);
  }

  private static Reply refused(String flaw, JsonNode source) {
    return new Reply(Optional.of(flaw), "", List.of(), source);
  }

  private static Optional<String> flaw(JsonNode choice, String content, List<Call> calls) {
    String end = choice.path("finish_reason").asText("");
    if (!GOOD_ENDS.contains(end)) {
      return Optional.of("it did not end by itself: finish_reason is '%s'".formatted(end));
    }
    if (choice.hasNonNull("malformed")) {
      return Optional.of("it is malformed: " + choice.get("malformed").asText());
    }
    if (content.isBlank() && calls.isEmpty()) {
      return Optional.of("it says nothing and calls nothing");
    }
    return Optional.empty();
  }
}
