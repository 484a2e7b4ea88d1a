package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {
  @TempDir static Path directory;
  private static String model;

  @BeforeAll
  static void makeModel() {
    model = CommandRun.smallCheckpoint(directory.resolve("small")).toString();
  }

  @Test
  void tokensDependOnTheSeedAndNotOnTheRack() throws IOException {
    JsonNode first = json("--prompt-ids", "1,2,3", "--seed", "9", "--max-tokens", "6");
    assertEquals(6, first.get("token_ids").size());
    assertEquals(9, first.get("seed").asLong());
    assertEquals("length", first.get("finish_reason").asText());
    assertEquals(3, first.at("/usage/prompt_tokens").asInt());
    assertEquals("small", first.get("model").asText());
    assertFalse(first.has("text"), "there is no tokenizer");

    JsonNode onOneGpu =
        json(
            "--prompt-ids",
            "1,2,3",
            "--seed",
            "9",
            "--max-tokens",
            "6",
            "--set",
            "rack72.rack.gpus-per-tray=1");
    assertEquals(first.get("token_ids"), onOneGpu.get("token_ids"));
    JsonNode other = json("--prompt-ids", "1,2,3", "--seed", "10", "--max-tokens", "6");
    assertNotEquals(first.get("token_ids"), other.get("token_ids"));
  }

  @Test
  void logprobsAreReportedWhereAskedFor() throws IOException {
    JsonNode report =
        json("--prompt-ids", "1", "--temperature", "0", "--max-tokens", "2", "--logprobs", "3");
    JsonNode first = report.at("/logprobs/0");
    assertEquals(report.at("/token_ids/0"), first.get("id"));
    assertEquals(3, first.get("top_logprobs").size());
    assertEquals(first.get("id"), first.at("/top_logprobs/0/id"), "greedy takes the likeliest");
    assertTrue(first.get("logprob").asDouble() < 0);
  }

  @Test
  void withoutATokenizerIdsArePrinted() {
    CommandRun run = generate("--prompt-ids", "1,2", "--max-tokens", "4", "--seed", "1");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().matches("(\\d+ ){4}\\R"), run.out());
  }

  @Test
  void promptThatDoesNotGoWithTheModelIsRefused() {
    assertRefused("the model has no tokenizer", "--prompt", "hello");
    assertRefused("token id 256 is not in the model's vocabulary, 0 to 255", "--prompt-ids", "256");
    assertRefused("--prompt-ids takes token ids", "--prompt-ids", "1,,2");
    String tooLong = String.join(",", Stream.generate(() -> "1").limit(512).toList());
    assertRefused("the prompt has 512 tokens", "--prompt-ids", tooLong);
  }

  @Test
  void optionsThatDoNotGoWithTheModelAreRefused() {
    assertRefused("the model has no tokenizer", "--prompt-ids", "1", "--stop", "x");
    for (String bias : List.of("256=1", "-1=1", "3=NaN", "3=101")) {
      CommandRun run = generate("--prompt-ids", "1", "--logit-bias=" + bias);
      assertEquals(2, run.exitCode(), run.err());
      assertTrue(run.err().contains("--logit-bias takes a token id from 0 to 255"), run.err());
    }
    CommandRun temperature = generate("--prompt-ids", "1", "--temperature", "-1");
    assertEquals(2, temperature.exitCode());
    assertTrue(temperature.err().contains("temperature is 0 to 100"), temperature.err());
  }

  @Test
  void biasDecidesWhatIsChosen() throws IOException {
    JsonNode report =
        json("--prompt-ids", "1", "--logit-bias", "77=100", "--max-tokens", "3", "--ignore-eos");
    assertEquals("[77,77,77]", report.get("token_ids").toString());
  }

  @Test
  void modelThatDoesNotFitTellsHowMuchIsMissing() {
    assertRefused("are missing", "--prompt-ids", "1", "--set", "rack72.gpu.hbm=1000");
  }

  @Test
  void kvMemoryTooSmallForASequenceIsRefused() {
    assertRefused("too small", "--prompt-ids", "1", "--set", "rack72.kv.bytes-per-gpu=10");
  }

  @Test
  void kvMemoryBeyondTheHostsIsRefused() {
    String perGpu = "rack72.kv.bytes-per-gpu=16MiB";
    assertRefused(
        "16,777,216 bytes of KV memory (rack72.kv.bytes-per-gpu) and 0 more for evicted blocks"
            + " (rack72.kv.host-bytes-per-gpu) for each of 5 GPUs (rack72.data-parallel)"
            + " are more than this host's memory of 67,108,864 bytes",
        "--prompt-ids",
        "1",
        "--set",
        perGpu,
        "--set",
        "rack72.data-parallel=5");
    CommandRun run = generate("--prompt-ids", "1", "--max-tokens", "1", "--set", perGpu);
    assertEquals(0, run.exitCode(), run.err());
  }

  private static void assertRefused(String part, String... args) {
    CommandRun run = generate(List.of(args));
    assertEquals(1, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains(part), run.err());
    assertEquals("", run.out());
  }

  private static JsonNode json(String... args) throws IOException {
    CommandRun run = generate(Stream.concat(Stream.of(args), Stream.of("--json")).toList());
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(1, run.out().lines().count(), run.out());
    return Json.read(run.out());
  }

  private static CommandRun generate(String... args) {
    return generate(List.of(args));
  }

  private static CommandRun generate(List<String> args) {
    Stream<String> rack = Stream.of("generate", "--model", model, "--rack", "hgx-b200");
    return CommandRun.of(Stream.concat(rack, args.stream()).toArray(String[]::new));
  }
}
