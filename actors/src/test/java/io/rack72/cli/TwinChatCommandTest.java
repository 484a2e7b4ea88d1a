package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.text.Conversation;
import io.rack72.text.HarmonyRenderer;
import io.rack72.text.Message;
import io.rack72.text.SystemContent;
import io.rack72.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real tokens, rack time. */
class TwinChatCommandTest {
  private static final Path MODEL =
      Path.of("..", "models", "rack72-mini").toAbsolutePath().normalize();
  private static final String QUESTION = "What is 2 + 3?";

  private static CommandRun run(String in, String... words) {
    return CommandRun.of(
        CommandRun.invocation(in, false, Optional.of(MODEL), CommandRun.localLauncher()), words);
  }

  private static int vocabSize() {
    return ModelConfig.read(MODEL.resolve("config.json")).vocabSize();
  }

  private static CommandRun chat(String in, String... more) {
    return run(
        in,
        Stream.concat(
                Stream.of("twin", "chat", "--temperature=0", "--max-tokens=24", "--json"),
                Arrays.stream(more))
            .toArray(String[]::new));
  }

  private static List<JsonNode> turns(CommandRun run) {
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
    List<JsonNode> turns = new ArrayList<>();
    run.out()
        .lines()
        .forEach(
            line -> {
              try {
                turns.add(Json.read(line));
              } catch (JsonProcessingException e) {
                throw new AssertionError(line, e);
              }
            });
    return turns;
  }

  @Test
  void tokensAreThoseOfAnyRackAndTimesThoseOfThisOne() throws JsonProcessingException {
    CommandRun once = chat(QUESTION + "\n");
    JsonNode fast = turns(once).getFirst();
    assertEquals(once, chat(QUESTION + "\n"), "time and tokens are the same again");
    JsonNode slow = turns(chat(QUESTION + "\n", "--rack=hgx-h100")).getFirst();
    assertEquals(fast.get("token_ids"), slow.get("token_ids"));
    JsonNode fastTimes = fast.get("milliseconds");
    JsonNode slowTimes = slow.get("milliseconds");
    assertEquals(fast.get("token_ids").size(), fastTimes.size());
    for (int i = 0; i < fastTimes.size(); i++) {
      assertTrue(slowTimes.get(i).asDouble() > fastTimes.get(i).asDouble(), slow::toString);
      assertTrue(i == 0 || fastTimes.get(i).asDouble() > fastTimes.get(i - 1).asDouble());
    }

    int[] prompt =
        new HarmonyRenderer(Tokenizers.forCheckpoint(MODEL, vocabSize()).orElseThrow())
            .renderForCompletion(
                new Conversation(
                    List.of(Message.system(SystemContent.DEFAULT), Message.user(QUESTION))));
    String ids = Arrays.stream(prompt).mapToObj(Integer::toString).collect(Collectors.joining(","));
    CommandRun real =
        run("", "generate", "--prompt-ids=" + ids, "--temperature=0", "--max-tokens=24", "--json");
    assertEquals(Json.read(real.out()).get("token_ids"), fast.get("token_ids"), real::err);
  }

  @Test
  void eachLineIsATurnOfOneConversation() {
    List<JsonNode> turns = turns(chat(QUESTION + "\n\nAnd 4 + 5?\n"));
    assertEquals(2, turns.size());
    assertTrue(
        turns.get(1).get("prompt_tokens").asInt() > turns.get(0).get("prompt_tokens").asInt(),
        turns::toString);
    assertNotEquals(
        turns.get(1).get("prompt_tokens"),
        turns(chat("And 4 + 5?\n")).getFirst().get("prompt_tokens"));
  }

  @Test
  void whatCannotBeIsOneSentence(@TempDir Path directory) {
    CommandRun stop = chat(QUESTION, "--stop=x");
    assertEquals(2, stop.exitCode());
    assertTrue(stop.err().contains("leave out --stop"), stop.err());
    CommandRun layout = chat(QUESTION, "--set=rack72.modeled.layout=tp8");
    assertEquals(1, layout.exitCode());
    assertTrue(layout.err().contains("leave out rack72.modeled.layout"), layout.err());
    CommandRun mute =
        chat(QUESTION, "--model=" + CommandRun.smallCheckpoint(directory.resolve("m")));
    assertEquals(1, mute.exitCode());
    assertTrue(mute.err().contains("no tokenizer"), mute.err());
  }
}
