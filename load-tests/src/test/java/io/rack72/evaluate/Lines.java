package io.rack72.evaluate;

import java.util.List;
import java.util.Optional;

/** Prompts and replies for tests, in few words. */
final class Lines {
  private Lines() {}

  static ChatPrompt prompt(String id, String skill, String split, String check) {
    return ChatPrompt.read(
        JsonLine.parse(
            "test:1",
            """
            {"id": "%s", "skill": "%s", "split": "%s", "effort": "medium",
             "messages": [{"role": "user", "content": "Go on."}], "tools": [], "check": %s}
            """
                .formatted(id, skill, split, check)));
  }

  static Check check(String json) {
    return Check.read(JsonLine.parse("test:1", json));
  }

  /** A reply that says this and ended by itself. */
  static Reply says(String content) {
    return new Reply(Optional.empty(), content, List.of(), Json.object());
  }

  static Reply calls(String name, String arguments) {
    return new Reply(Optional.empty(), "", List.of(new Reply.Call(name, arguments)), Json.object());
  }

  static GreedyResult greedy(String id, List<Integer> expected, List<Integer> got) {
    return new GreedyResult(new GreedyPrompt(id, List.of(1), expected), got, Optional.empty());
  }
}
