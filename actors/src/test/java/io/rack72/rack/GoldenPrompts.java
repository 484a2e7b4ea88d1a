package io.rack72.rack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The golden prompts of a checkpoint, with the 64 tokens that follow each.
 *
 * @param prompts in the order of the file
 */
public record GoldenPrompts(List<Prompt> prompts) {
  public record Prompt(String name, int[] tokenIds, int[] greedy64) {}

  public static GoldenPrompts read(String checkpoint) {
    try {
      JsonNode root =
          new ObjectMapper()
              .readTree(RackHarness.golden(checkpoint).resolve("expected/expected.json").toFile());
      List<Prompt> prompts = new ArrayList<>();
      root.get("prompts")
          .properties()
          .forEach(
              entry ->
                  prompts.add(
                      new Prompt(
                          entry.getKey(),
                          ints(entry.getValue().get("token_ids")),
                          ints(entry.getValue().get("greedy_64")))));
      return new GoldenPrompts(prompts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }
}
