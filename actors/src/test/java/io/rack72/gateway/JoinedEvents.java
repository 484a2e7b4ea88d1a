package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Events of a stream, and what they say together, wherever one ends and the next begins. What must
 * be said once, such as a role, would be seen if it were said twice.
 */
final class JoinedEvents {
  /** Fields whose parts follow each other. */
  private static final Set<String> PARTS =
      Set.of("text", "content", "reasoning", "arguments", "role", "name", "type");

  private JoinedEvents() {}

  /**
   * @param id that it has, if it has one
   * @param data that it has, all of which is JSON but the word that ends a stream
   */
  record Event(Optional<String> id, String data) {
    boolean isDone() {
      return data.equals("[DONE]");
    }
  }

  /** The events of a stream's text, without those that are not whole. */
  static List<Event> of(String stream) {
    List<Event> events = new ArrayList<>();
    for (int at = 0, end; (end = stream.indexOf("\n\n", at)) >= 0; at = end + 2) {
      String id = null;
      String data = null;
      for (String line : stream.substring(at, end).split("\n", -1)) {
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("data: ")) {
          data = line.substring(6);
        }
      }
      if (data != null) {
        events.add(new Event(Optional.ofNullable(id), data));
      }
    }
    return events;
  }

  /** What all of them say. */
  static ObjectNode join(List<Event> events) {
    ObjectNode joined = Json.object();
    for (Event event : events) {
      if (event.isDone()) {
        joined.put("done", joined.path("done").asInt() + 1);
      } else {
        merge(joined, Json.parse(event.data().getBytes(StandardCharsets.UTF_8)));
      }
    }
    return joined;
  }

  private static void merge(ObjectNode into, JsonNode from) {
    from.properties()
        .forEach(
            field -> {
              String name = field.getKey();
              JsonNode value = field.getValue();
              JsonNode before = into.path(name);
              if (name.equals("usage")) {
                into.withArray("/usages").add(value);
              } else if (before.isMissingNode() || before.isNull()) {
                into.set(name, value.isContainerNode() ? merged(value) : value);
              } else if (value.isObject()) {
                merge((ObjectNode) before, value);
              } else if (value.isArray()) {
                append((ArrayNode) before, value);
              } else if (PARTS.contains(name)) {
                into.put(name, before.textValue() + value.textValue());
              } else if (!value.isNull()) {
                assertEquals(before, value, name);
              }
            });
    // How often there was none yet depends on the number of events.
    ArrayNode usages = into.withArray("/usages");
    for (int i = usages.size() - 1; i >= 0; i--) {
      if (usages.get(i).isNull()) {
        usages.remove(i);
      }
    }
  }

  private static JsonNode merged(JsonNode value) {
    if (value.isObject()) {
      ObjectNode object = Json.object();
      merge(object, value);
      return object;
    }
    ArrayNode array = Json.array();
    append(array, value);
    return array;
  }

  private static void append(ArrayNode into, JsonNode from) {
    for (JsonNode element : from) {
      JsonNode same = null;
      for (JsonNode other : into) {
        if (element.has("index") && element.get("index").equals(other.path("index"))) {
          same = other;
        }
      }
      if (same == null) {
        into.add(element.isObject() && element.has("index") ? merged(element) : element);
      } else {
        merge((ObjectNode) same, element);
      }
    }
  }
}
