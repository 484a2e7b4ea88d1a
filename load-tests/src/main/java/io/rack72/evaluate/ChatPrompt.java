package io.rack72.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A conversation that waits for a reply, and what makes a reply right. In a file it is one line,
 * such as this one on three:
 *
 * <pre>{@code
 * {"id": "addition-17", "skill": "addition", "split": "values", "effort": "low",
 *  "messages": [{"role": "user", "content": "What is 19 plus 38?"}], "tools": [],
 *  "check": {"number": "57"}}
 * }</pre>
 *
 * <p>Messages and tools are as in OpenAI's chat API.
 *
 * @param skill that it asks for; scores are told for each
 * @param source the whole line that it was read from
 */
record ChatPrompt(String id, String skill, Split split, Check check, ObjectNode source) {
  private static final String DEFAULT_EFFORT = "medium";
  private static final List<String> EFFORTS = List.of("low", DEFAULT_EFFORT, "high");

  /** What training never had of it. */
  enum Split {
    /** The numbers and names. */
    VALUES,
    /** The phrasing. */
    PHRASINGS;

    /** Its name in files. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Reads prompts.
   *
   * @param file those that come with the program where empty
   */
  static List<ChatPrompt> readAll(Optional<Path> file) {
    return JsonLine.readAll(file, "prompts.jsonl", ChatPrompt::read);
  }

  /** Reads one prompt. */
  static ChatPrompt read(JsonLine line) {
    if (line.array("messages").isEmpty()) {
      throw line.bad("'messages' must not be empty");
    }
    line.array("tools");
    if (!EFFORTS.contains(line.text("effort"))) {
      throw line.bad("'effort' must be one of " + String.join(", ", EFFORTS));
    }
    return new ChatPrompt(
        line.text("id"),
        line.text("skill"),
        Stream.of(Split.values())
            .filter(split -> split.key().equals(line.text("split")))
            .findFirst()
            .orElseThrow(() -> line.bad("'split' must be values or phrasings")),
        Check.read(line.inner("check")),
        line.object());
  }

  /** Whether a reply can be right or wrong. */
  boolean hasAnswer() {
    return !(check instanceof Check.Nothing);
  }

  /** The body of the request: what the line says, and the server's defaults for all else. */
  ObjectNode request() {
    ObjectNode request = Json.object();
    request.set("messages", source.get("messages"));
    JsonNode tools = source.get("tools");
    if (!tools.isEmpty()) {
      request.set("tools", tools);
    }
    String effort = source.get("effort").textValue();
    if (!effort.equals(DEFAULT_EFFORT)) {
      request.put("reasoning_effort", effort);
    }
    return request;
  }
}
