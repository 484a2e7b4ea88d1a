package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.placement.HbmBudget;
import io.rack72.rack.LocalRack;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An endpoint without weights, as clients see it. */
@Timeout(60)
class StandInRackTest {
  private static final JsonMapper JSON = new JsonMapper();

  private static Rack72Config config(String model, String... settings) {
    ConfigLayers layers =
        ModeledSizing.defaults()
            .set("rack72.device=modeled")
            .set("rack72.gateway.port=0")
            .set("rack72.rack.trays=2")
            .set("rack72.model.path=" + model);
    for (String setting : settings) {
      layers.set(setting);
    }
    return layers.load(new Host(2, Map.of()));
  }

  private static JsonNode chat(RackLauncher.Gateway gateway, String fields) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(gateway.url().resolve("/v1/chat/completions"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          """
                          {"model": "gpt-oss-20b", "seed": 1,
                           "messages": [{"role": "user", "content": "How are you?"}]%s}\
                          """
                              .formatted(fields)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertEquals(200, response.statusCode(), response.body());
      return JSON.readTree(response.body());
    }
  }

  @Test
  void chatIsAnsweredInWordsThatEndByThemselvesAndAreTheSameForASeed() throws Exception {
    Rack72Config config = config("gpt-oss-20b", "rack72.modeled.reply-tokens=5");
    try (StandInRack rack = StandInRack.start(config);
        RackLauncher.Gateway gateway = LocalLauncher.gateway(rack, config)) {
      assertEquals("gpt-oss-20b", rack.model().name());
      JsonNode reply = chat(gateway, "").at("/choices/0");
      assertEquals("stop", reply.get("finish_reason").asText());
      String content = reply.at("/message/content").asText();
      assertTrue(content.matches("( [a-z]{3,9})+"), content);
      assertEquals(content, chat(gateway, "").at("/choices/0/message/content").asText());
      JsonNode cut = chat(gateway, ", \"max_tokens\": 4").at("/choices/0");
      assertEquals("length", cut.get("finish_reason").asText());
    }
  }

  @Test
  void replicasOverSeveralGpusAnswerAsOne() throws Exception {
    Rack72Config config = config("gpt-oss-20b", "rack72.modeled.layout=tp4");
    try (StandInRack rack = StandInRack.start(config);
        RackLauncher.Gateway gateway = LocalLauncher.gateway(rack, config)) {
      assertEquals(2, rack.settings().dataParallel());
      assertEquals(2, rack.settings().profile().gpuCount());
      JsonNode cut = chat(gateway, ", \"max_tokens\": 4").at("/choices/0");
      assertEquals("length", cut.get("finish_reason").asText());
    }
  }

  @Test
  void copiesOfExpertsTakeTheRoomOfKeysAndValuesAndTooFewSlotsAreRefused() {
    String slots = "rack72.modeled.expert-slots=";
    try (StandInRack least = StandInRack.start(config("gpt-oss-20b"));
        StandInRack more = StandInRack.start(config("gpt-oss-20b", slots + 6))) {
      // Of 32 experts 8 GPUs hold 4 each; 24 layers have two more.
      long expert = 3L * 2880 * 2880 * 17 / 32 + 2 * 3 * 2880;
      assertEquals(
          least.settings().kv().hbmBytes() - 2 * 24 * expert, more.settings().kv().hbmBytes());
    }
    CommandFailedException refused =
        assertThrows(
            CommandFailedException.class,
            () -> StandInRack.start(config("gpt-oss-20b", slots + 3)));
    assertTrue(refused.getMessage().contains("which takes 4 to 32 slots"), refused.getMessage());
  }

  @Test
  void modelThatIsNotKnownIsRefusedWithThoseThatAre() {
    CommandFailedException refused =
        assertThrows(CommandFailedException.class, () -> StandInRack.start(config("gpt-oss-20")));
    assertTrue(refused.getMessage().contains("gpt-oss-20b, gpt-oss-120b"), refused.getMessage());
  }

  @Test
  void wellKnownNameIsTheModelAndItsTokenizerWhateverDirectoryHasItToo() throws Exception {
    Path namesake = Path.of("demo");
    Files.createDirectory(namesake);
    try {
      Files.writeString(namesake.resolve("tokenizer.json"), "it is another model's");
      assertEquals(Optional.empty(), ModeledSizing.directory("demo"));
      assertEquals(Optional.of(Path.of("./demo")), ModeledSizing.directory("./demo"));
      try (StandInRack rack = StandInRack.start(config("demo"))) {
        assertTrue(rack.model().tokenizer().isPresent());
      }
      CommandFailedException refused =
          assertThrows(CommandFailedException.class, () -> StandInRack.start(config("./demo")));
      assertTrue(
          refused
              .getMessage()
              .contains("with a slash where it has one of these names (./demo), not ./demo"),
          refused.getMessage());
    } finally {
      Files.deleteIfExists(namesake.resolve("tokenizer.json"));
      Files.delete(namesake);
    }
  }

  @Test
  void rackWhosePaceCannotBeWatchedIsClosed() {
    List<LocalRack> started = new ArrayList<>();
    IllegalStateException broken =
        assertThrows(
            IllegalStateException.class,
            () ->
                StandInRack.start(
                    config("gpt-oss-20b"),
                    (rack, _) -> {
                      started.add(rack);
                      throw new IllegalStateException("there is no such dispatcher");
                    }));
    assertEquals("there is no such dispatcher", broken.getMessage());
    assertTrue(started.getFirst().system().whenTerminated().isCompleted());
  }

  @Test
  void modelThatDoesNotFitIsRefused() {
    assertThrows(
        HbmBudget.DoesNotFitException.class,
        () ->
            StandInRack.start(
                config("gpt-oss-120b", "rack72.expert-parallel=1", "rack72.gpu.hbm=40 GB")));
  }
}
