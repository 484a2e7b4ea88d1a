package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(20)
class HarmonyReplyTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String GOOD = "<|channel|>final<|message|>Hi<|return|>";
  private static final String BAD = "no header<|return|>";

  @Test
  void choiceWhoseFormIsBrokenSaysHow() {
    try (GatewayFixture gateway = new GatewayFixture(request -> Script.of(BAD))) {
      JsonNode choice = gateway.answer(PATH, body("")).at("/choices/0");
      assertTrue(choice.get("malformed").asText().contains("header"), choice.toString());
      JsonNode last = gateway.events(PATH, body(", \"stream\": true")).getLast();
      assertEquals(choice.get("malformed"), last.at("/choices/0/malformed"));
    }
  }

  @Test
  void choiceInGoodFormHasNoSuchField() {
    try (GatewayFixture gateway = new GatewayFixture(request -> Script.of(GOOD))) {
      assertFalse(gateway.answer(PATH, body("")).at("/choices/0").has("malformed"));
    }
  }

  @ParameterizedTest
  @CsvSource({"none, low", "minimal, low", "low, low", "high, high", "xhigh, high"})
  void effortsOfOtherModelsAreTheNearestOfThisOne(String asked, String used) {
    try (GatewayFixture gateway = new GatewayFixture(request -> Script.of(GOOD))) {
      gateway.answer(PATH, body(", \"reasoning_effort\": \"" + asked + "\""));
      String prompt = new ByteTokenizer().decode(gateway.submitted().getFirst().promptIds());
      assertTrue(prompt.contains("Reasoning: " + used + "\n"), prompt);
    }
  }

  private static String body(String more) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]" + more + "}";
  }
}
