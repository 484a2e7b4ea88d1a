package io.rack72.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * One of the small checkpoints of which the right tokens are known.
 *
 * @param directory in Hugging Face's layout, without tokenizer
 * @param prompts each with what follows it
 */
public record GoldenCheckpoint(Path directory, List<Prompt> prompts) {
  private static final Path ALL = Path.of("..", "runtime", "src", "test", "resources", "golden");

  /**
   * A prompt and what follows it.
   *
   * @param name such as {@code len40}
   * @param tokenIds the prompt
   * @param greedy64 the 64 most likely tokens after it, one after the other
   */
  public record Prompt(String name, List<Integer> tokenIds, List<Integer> greedy64) {}

  /** The one of this name: {@code tiny}, {@code small-odd} or {@code wide}. */
  public static GoldenCheckpoint named(String name) {
    Path directory = ALL.resolve(name);
    try {
      JsonNode expected =
          new ObjectMapper().readTree(directory.resolve("expected/expected.json").toFile());
      List<Prompt> prompts = new ArrayList<>();
      expected
          .get("prompts")
          .properties()
          .forEach(
              entry ->
                  prompts.add(
                      new Prompt(
                          entry.getKey(),
                          ints(entry.getValue().get("token_ids")),
                          ints(entry.getValue().get("greedy_64")))));
      return new GoldenCheckpoint(directory, List.copyOf(prompts));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read what is expected of " + directory, e);
    }
  }

  public Prompt prompt(String name) {
    return prompts.stream().filter(prompt -> prompt.name().equals(name)).findFirst().orElseThrow();
  }

  private static List<Integer> ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::intValue).toList();
  }
}
