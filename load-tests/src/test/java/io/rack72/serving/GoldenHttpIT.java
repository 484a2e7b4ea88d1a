package io.rack72.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tokens that come out of the HTTP API are those of the reference implementation. */
final class GoldenHttpIT {
  @ParameterizedTest
  @CsvSource({
    "tiny,1",
    "tiny,8",
    "tiny,72",
    "small-odd,1",
    "small-odd,8",
    "small-odd,72",
    "wide,1",
    "wide,8",
    "wide,72"
  })
  void greedyTokensAreTheReferences(String name, int expertParallel) {
    GoldenCheckpoint golden = GoldenCheckpoint.named(name);
    try (RackServer server =
            RackServer.of(golden.directory()).expertParallel(expertParallel).start();
        HttpApi api = new HttpApi(server.url())) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (GoldenCheckpoint.Prompt prompt : golden.prompts()) {
        ObjectNode request = Completion.greedy(prompt.tokenIds(), 64).put("model", name);
        calls.add(
            () -> {
              JsonNode reply = api.postOk(Completion.PATH, request);
              assertUsage(prompt, reply.get("usage"));
              assertReference(prompt, Completion.of(reply));
              return null;
            });
        calls.add(
            () -> {
              assertReference(prompt, Completion.of(api.stream(Completion.PATH, request)));
              return null;
            });
      }
      assertEquals(10, calls.size());
      Together.call(calls);
    }
  }

  private static void assertReference(GoldenCheckpoint.Prompt prompt, Completion completion) {
    assertEquals(prompt.greedy64(), completion.tokenIds(), prompt.name());
    assertEquals(prompt.tokenIds(), completion.promptIds(), prompt.name());
    assertEquals("length", completion.finishReason(), prompt.name());
  }

  private static void assertUsage(GoldenCheckpoint.Prompt prompt, JsonNode usage) {
    assertEquals(prompt.tokenIds().size(), usage.get("prompt_tokens").intValue());
    assertEquals(64, usage.get("completion_tokens").intValue());
    assertEquals(prompt.tokenIds().size() + 64, usage.get("total_tokens").intValue());
  }
}
