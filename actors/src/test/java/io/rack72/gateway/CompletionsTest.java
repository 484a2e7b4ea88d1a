package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.SequenceRequest;
import io.rack72.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CompletionsTest {
  private static final String PATH = "/v1/completions";
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    // The rack repeats the prompt, in capitals, and then says that it is done.
    gateway =
        new GatewayFixture(
            request -> {
              int[] prompt = request.promptIds();
              int[] reply = new int[prompt.length + 1];
              for (int i = 0; i < prompt.length; i++) {
                reply[i] = prompt[i] < 128 ? Character.toUpperCase(prompt[i]) : prompt[i];
              }
              reply[prompt.length] = ByteTokenizer.RETURN;
              return Script.of(reply).withCached(prompt.length - 1);
            });
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @Test
  void wholeReplyHasTheShapeOfOpenAi() {
    JsonNode reply = gateway.answer(PATH, "{\"model\": \"test-model\", \"prompt\": \"hello\"}");
    assertTrue(reply.get("id").asText().startsWith("cmpl-test-"), reply.toString());
    assertEquals("text_completion", reply.get("object").asText());
    assertEquals(GatewayFixture.CREATED, reply.get("created").asLong());
    assertEquals("test-model", reply.get("model").asText());
    assertEquals("fp-1", reply.get("system_fingerprint").asText());
    assertTrue(reply.get("seed").isIntegralNumber());
    assertEquals(1, reply.get("choices").size());
    JsonNode choice = reply.at("/choices/0");
    assertEquals(0, choice.get("index").asInt());
    assertEquals("HELLO", choice.get("text").asText());
    assertTrue(choice.get("logprobs").isNull());
    assertEquals("stop", choice.get("finish_reason").asText());
    assertFalse(choice.has("token_ids"));
    assertEquals(5, reply.at("/usage/prompt_tokens").asInt());
    assertEquals(6, reply.at("/usage/completion_tokens").asInt());
    assertEquals(11, reply.at("/usage/total_tokens").asInt());
    assertEquals(4, reply.at("/usage/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void streamHasTheTextOfTheWholeReply() {
    String prompt = "Grüße, 世界 🌍! all of it";
    String body = "{\"prompt\": \"" + prompt + "\", \"max_tokens\": 100, \"stream\": %s}";
    String whole = gateway.answer(PATH, body.formatted("false")).at("/choices/0/text").asText();
    List<JsonNode> events = gateway.events(PATH, body.formatted("true"));
    StringBuilder streamed = new StringBuilder();
    for (JsonNode event : events) {
      assertEquals("text_completion", event.get("object").asText());
      assertEquals(events.getFirst().get("id"), event.get("id"));
      assertFalse(event.has("usage"), "usage was not asked for");
      String text = event.at("/choices/0/text").asText();
      assertFalse(text.contains("\uFFFD"), "half a character was delivered");
      streamed.append(text);
    }
    assertEquals("GRüßE, 世界 🌍! ALL OF IT", whole);
    assertEquals(whole, streamed.toString());
    assertEquals("stop", events.getLast().at("/choices/0/finish_reason").asText());
    assertTrue(
        events.subList(0, events.size() - 1).stream()
            .allMatch(event -> event.at("/choices/0/finish_reason").isNull()));
  }

  @Test
  void streamIsSentAsEvents() {
    var response = gateway.post(PATH, "{\"prompt\": \"hi\", \"stream\": true}");
    assertEquals(200, response.statusCode());
    assertTrue(
        response.headers().firstValue("Content-Type").orElse("").startsWith("text/event-stream"));
    assertEquals("no-cache", response.headers().firstValue("Cache-Control").orElse(""));
    assertTrue(response.body().endsWith("data: [DONE]\n\n"));
  }

  @Test
  void usageComesInTheLastEventWhereAskedFor() {
    List<JsonNode> events =
        gateway.events(
            PATH,
            """
            {"prompt": "abc", "stream": true, "stream_options": {"include_usage": true}}\
            """);
    assertTrue(
        events.subList(0, events.size() - 1).stream()
            .allMatch(event -> event.has("usage") && event.get("usage").isNull()));
    assertEquals(0, events.getLast().get("choices").size());
    assertEquals(7, events.getLast().at("/usage/total_tokens").asInt());
    assertEquals(2, events.getLast().at("/usage/prompt_tokens_details/cached_tokens").asInt());
  }

  @Test
  void stopStringEndsTheTextWhereverTokensAreCut() {
    for (String stream : List.of("false", "true")) {
      String body =
          """
          {"prompt": "one two three", "stop": ["TWX", "WO T"], "max_tokens": 50, "stream": %s}\
          """
              .formatted(stream);
      String text;
      String reason;
      if (stream.equals("true")) {
        List<JsonNode> events = gateway.events(PATH, body);
        text =
            String.join(
                "", events.stream().map(event -> event.at("/choices/0/text").asText()).toList());
        reason = events.getLast().at("/choices/0/finish_reason").asText();
      } else {
        JsonNode reply = gateway.answer(PATH, body);
        text = reply.at("/choices/0/text").asText();
        reason = reply.at("/choices/0/finish_reason").asText();
      }
      assertEquals("ONE T", text);
      assertEquals("stop", reason);
    }
  }

  @Test
  void lengthEndsTheTextAtTheTokenLimit() {
    JsonNode reply = gateway.answer(PATH, "{\"prompt\": \"abcdefgh\", \"max_tokens\": 3}");
    assertEquals("ABC", reply.at("/choices/0/text").asText());
    assertEquals("length", reply.at("/choices/0/finish_reason").asText());
    assertEquals(3, reply.at("/usage/completion_tokens").asInt());
  }

  @Test
  void promptsMayBeTextOrTokenIdsAndSeveral() {
    assertEquals(
        "HI", gateway.answer(PATH, "{\"prompt\": [104, 105]}").at("/choices/0/text").asText());
    for (String prompts : List.of("[\"ab\", \"cd\"]", "[[97, 98], [99, 100]]")) {
      JsonNode reply = gateway.answer(PATH, "{\"n\": 2, \"prompt\": " + prompts + "}");
      List<String> texts =
          StreamSupport.stream(reply.get("choices").spliterator(), false)
              .map(choice -> choice.get("index") + choice.get("text").asText())
              .toList();
      assertEquals(List.of("0AB", "1AB", "2CD", "3CD"), texts);
      assertEquals(4, reply.at("/usage/prompt_tokens").asInt(), "each prompt counts once");
      assertEquals(12, reply.at("/usage/completion_tokens").asInt());
    }
  }

  @Test
  void choicesOfAStreamAreToldApartByTheirIndex() {
    List<JsonNode> events =
        gateway.events(PATH, "{\"prompt\": [\"ab\", \"cd\"], \"stream\": true}");
    StringBuilder[] texts = {new StringBuilder(), new StringBuilder()};
    events.forEach(
        event ->
            texts[event.at("/choices/0/index").asInt()].append(
                event.at("/choices/0/text").asText()));
    assertEquals("AB", texts[0].toString());
    assertEquals("CD", texts[1].toString());
  }

  @Test
  void tokenIdsAreReturnedWhereAskedFor() {
    String body = "{\"prompt\": \"ab\", \"return_token_ids\": true, \"stream\": %s}";
    JsonNode choice = gateway.answer(PATH, body.formatted("false")).at("/choices/0");
    assertEquals("[97,98]", choice.get("prompt_token_ids").toString());
    assertEquals("[65,66,261]", choice.get("token_ids").toString());
    List<Integer> streamed = new ArrayList<>();
    int prompts = 0;
    for (JsonNode event : gateway.events(PATH, body.formatted("true"))) {
      event.at("/choices/0/token_ids").forEach(id -> streamed.add(id.asInt()));
      prompts += event.at("/choices/0").has("prompt_token_ids") ? 1 : 0;
    }
    assertEquals(List.of(65, 66, 261), streamed);
    assertEquals(1, prompts);
  }

  @Test
  void logprobsAreFourParallelArrays() {
    JsonNode logprobs =
        gateway
            .answer(PATH, "{\"prompt\": \"aß\", \"logprobs\": 2, \"max_tokens\": 3}")
            .at("/choices/0/logprobs");
    assertEquals("[\"A\",\"bytes:\\\\xc3\",\"bytes:\\\\x9f\"]", logprobs.get("tokens").toString());
    assertEquals("[-0.25,-0.25,-0.25]", logprobs.get("token_logprobs").toString());
    assertEquals("[0,1,1]", logprobs.get("text_offset").toString());
    assertEquals("{\"A\":-0.25,\"B\":-1.25}", logprobs.at("/top_logprobs/0").toString());
  }

  @Test
  void specialTokensAreShownOnlyWhereAskedFor() {
    String body =
        """
        {"prompt": [65, 256, 66], "max_tokens": 3, "skip_special_tokens": %s}\
        """;
    assertEquals("AB", gateway.answer(PATH, body.formatted("true")).at("/choices/0/text").asText());
    assertEquals(
        "A<|start|>B",
        gateway.answer(PATH, body.formatted("false")).at("/choices/0/text").asText());
  }

  @Test
  void ignoredStopIdsDoNotEndTheReply() {
    JsonNode reply =
        gateway.answer(
            PATH, "{\"prompt\": [65, 261, 66], \"max_tokens\": 3, \"ignore_eos\": true}");
    assertEquals("AB", reply.at("/choices/0/text").asText());
    assertEquals("length", reply.at("/choices/0/finish_reason").asText());
  }

  @Test
  void stopTokenIdIsNoText() {
    JsonNode reply = gateway.answer(PATH, "{\"prompt\": \"abc\", \"stop_token_ids\": [66]}");
    assertEquals("A", reply.at("/choices/0/text").asText());
    assertEquals("stop", reply.at("/choices/0/finish_reason").asText());
  }

  @Test
  void echoPutsThePromptFirst() {
    assertEquals(
        "abAB",
        gateway
            .answer(PATH, "{\"prompt\": \"ab\", \"echo\": true}")
            .at("/choices/0/text")
            .asText());
  }

  @Test
  void parametersReachTheRackAsTheyWereSent() {
    JsonNode reply =
        gateway.answer(
            PATH,
            """
            {"prompt": "parameters", "temperature": 0.5, "top_p": 0.25, "top_k": 7, "min_p": 0.125,
             "seed": 42, "presence_penalty": 1.5, "frequency_penalty": -1.5,
             "repetition_penalty": 1.25, "logit_bias": {"65": -100, "3": 2.5}, "min_tokens": 2,
             "max_tokens": 9, "stop_token_ids": [5], "logprobs": 3}\
            """);
    assertEquals(42, reply.get("seed").asLong());
    SequenceRequest submitted = gateway.submittedFor("parameters").getFirst();
    assertArrayEquals(new int[0], submitted.generatedIds());
    assertEquals(1, submitted.attempt());
    assertEquals(
        new SamplingParams(
            0.5f,
            0.25f,
            7,
            0.125f,
            42,
            1.5f,
            -1.5f,
            1.25f,
            Map.of(3, 2.5f, 65, -100f),
            3,
            9,
            2,
            Set.of(5, ByteTokenizer.RETURN, ByteTokenizer.CALL),
            false),
        submitted.params());
  }

  @Test
  void seedThatWasToldGivesTheSameSequencesAgain() {
    String body = "{\"prompt\": \"%s\", \"n\": 2 %s}";
    long seed = gateway.answer(PATH, body.formatted("unseeded", "")).get("seed").asLong();
    long otherSeed = gateway.answer(PATH, body.formatted("again", "")).get("seed").asLong();
    assertNotEquals(seed, otherSeed);
    assertTrue(seed >= 0 && seed < 1L << 53, "a double must be able to hold it");
    gateway.answer(PATH, body.formatted("seeded", ", \"seed\": " + seed));
    List<Long> unseeded = seedsFor("unseeded");
    List<Long> seeded = seedsFor("seeded");
    assertEquals(unseeded, seeded);
    assertEquals(seed, seeded.getFirst());
    assertNotEquals(seeded.get(0), seeded.get(1));
  }

  @Test
  void replyIsClippedToTheContextWhereNoLimitIsGiven() {
    String prompt = "x".repeat(GatewayFixture.CONTEXT_LIMIT - 3);
    JsonNode reply = gateway.answer(PATH, "{\"prompt\": \"" + prompt + "\"}");
    assertEquals(3, reply.at("/usage/completion_tokens").asInt());
  }

  private static List<Long> seedsFor(String prompt) {
    return gateway.submittedFor(prompt).stream().map(request -> request.params().seed()).toList();
  }
}
