package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.SequenceEvent.Cause;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input gets one sentence in OpenAI's error shape, and the server serves on. */
class BadInputTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String CHAT = "/v1/chat/completions";
  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway =
        new GatewayFixture(
            request ->
                switch (new ByteTokenizer().decode(request.promptIds())) {
                  case "too large" -> Script.refusing(Cause.TOO_LARGE);
                  case "full" -> Script.refusing(Cause.FULL);
                  case "failed" -> Script.refusing(Cause.FAILED);
                  case "breaks" -> Script.of("some").thenBreaking();
                  default -> Script.of("fine<|return|>");
                });
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @AfterEach
  void serverServesOn() {
    assertEquals(
        "fine", gateway.answer(COMPLETIONS, "{\"prompt\": \"x\"}").at("/choices/0/text").asText());
  }

  static Stream<Arguments> badCompletions() {
    return Stream.of(
        bad("", "", "empty"),
        bad("{", "", "line 1, column 2"),
        bad("{\"prompt\": \"x\",\n \"n\": }", "", "line 2"),
        bad("{\"prompt\": \"x\"} {}", "", "not valid JSON"),
        bad("{'prompt': 'x'}", "", "not valid JSON"),
        bad("{\"prompt\": \"x\", \"prompt\": \"y\"}", "", "Duplicate"),
        bad("[1, 2]", "", "must be an object, not an array"),
        bad("null", "", "must be an object, not null"),
        bad("\"prompt\"", "", "must be an object, not a string"),
        bad("{\"prompt\": " + "[".repeat(100) + "]".repeat(100) + "}", "", "depth"),
        bad("{\"prompt\": \"x\", \"seed\": " + "9".repeat(2000) + "}", "", "not valid JSON"),
        bad("{}", "prompt", "missing"),
        bad("{\"prompt\": null}", "prompt", "missing"),
        bad("{\"prompt\": \"\"}", "prompt", "empty"),
        bad("{\"prompt\": []}", "prompt", "empty"),
        bad("{\"prompt\": [[]]}", "prompt[0]", "empty"),
        bad("{\"prompt\": [\"a\", \"\"]}", "prompt[1]", "empty"),
        bad("{\"prompt\": 5}", "prompt", "a string or an array, not a whole number"),
        bad("{\"prompt\": {\"a\": 1}}", "prompt", "not an object"),
        bad("{\"prompt\": [\"a\", 5]}", "prompt[1]", "array of token ids"),
        bad("{\"prompt\": [1, \"a\"]}", "prompt[1]", "whole number, not a string"),
        bad("{\"prompt\": [1, 2.5]}", "prompt[1]", "whole number, not a fraction"),
        bad("{\"prompt\": [0, 1, 263]}", "prompt[2]", "0 to 262, not '263'"),
        bad("{\"prompt\": [[5], [6, -1]]}", "prompt[1][1]", "0 to 262"),
        bad("{\"prompt\": [99999999999999999999]}", "prompt[0]", "0 to 262"),
        field("model", "\"gpt-9\"", 404, "gpt-9"),
        field("model", "5", "must be a string"),
        field("max_tokens", "0", "1 to 2147483647, not '0'"),
        field("max_tokens", "-5", "'-5'"),
        field("max_tokens", "1.5", "whole number, not a fraction"),
        field("max_tokens", "\"many\"", "not a string"),
        field("max_tokens", "99999999999999999999", "1 to 2147483647"),
        field("n", "0", "1 to 16"),
        field("n", "17", "1 to 16"),
        field("best_of", "2", "must be equal to 'n'"),
        field("suffix", "\"end\"", "not supported"),
        field("temperature", "-0.1", "0 to 2"),
        field("temperature", "2.1", "0 to 2"),
        field("temperature", "1e999", "0 to 2"),
        field("temperature", "\"hot\"", "a number"),
        field("top_p", "0", "above 0"),
        field("top_p", "1.5", "0 to 1"),
        field("top_k", "-2", "-1 to"),
        field("min_p", "-1", "0 to 1"),
        field("seed", "1.5", "whole number"),
        field("seed", "9223372036854775808", "-9223372036854775808 to"),
        field("presence_penalty", "3", "-2 to 2"),
        field("frequency_penalty", "-3", "-2 to 2"),
        field("repetition_penalty", "0", "above 0"),
        field("min_tokens", "17", "16"),
        field("min_tokens", "-1", "0 to"),
        field("logprobs", "21", "0 to 20"),
        field("logprobs", "true", "whole number, not a boolean"),
        field("stream", "\"yes\"", "true or false"),
        field("stream_options", "{\"include_usage\": true}", "needs 'stream'"),
        field("ignore_eos", "1", "true or false"),
        field("priority", "1001", "-1000 to 1000, not '1001'"),
        field("priority", "-1001", "-1000 to 1000"),
        field("priority", "99999999999999999999", "-1000 to 1000"),
        field("priority", "0.5", "whole number, not a fraction"),
        field("priority", "\"high\"", "whole number, not a string"),
        field("cache_salt", "\"\"", "empty"),
        field("cache_salt", "\"" + "x".repeat(257) + "\"", "limit is 256"),
        field("cache_salt", "5", "a string"),
        field("timeout", "0", "above 0 and at most 3600"),
        field("timeout", "-1", "0 to 3600"),
        field("timeout", "3600.5", "0 to 3600"),
        field("timeout", "1e999", "0 to 3600"),
        field("timeout", "\"1 s\"", "a number"),
        field("n", "99999999999999999999", "1 to 16"),
        field("n", "1e3", "whole number"),
        field("return_token_ids", "\"\"", "true or false"),
        field("stop", "5", "array"),
        field("stop", "\"\"", "empty"),
        field("stop", "\"" + "x".repeat(257) + "\"", "256"),
        field("stop", "[" + "\"a\",".repeat(16) + "\"b\"]", "limit is 16"),
        bad("{\"prompt\": \"x\", \"stop\": [\"a\", 5]}", "stop[1]", "string"),
        bad("{\"prompt\": \"x\", \"stop\": [\"\\ud800\"]}", "stop[0]", "surrogate"),
        bad("{\"prompt\": \"x\", \"stop_token_ids\": [-1]}", "stop_token_ids[0]", "0 to 262"),
        field("logit_bias", "[]", "an object"),
        bad("{\"prompt\": \"x\", \"logit_bias\": {\"263\": 1}}", "logit_bias.263", "0 to 262"),
        bad("{\"prompt\": \"x\", \"logit_bias\": {\"a\": 1}}", "logit_bias.a", "no token id"),
        bad("{\"prompt\": \"x\", \"logit_bias\": {\"5\": 101}}", "logit_bias.5", "-100 to 100"),
        bad("{\"prompt\": \"x\", \"logit_bias\": {\"5\": 1, \"05\": 2}}", "logit_bias.5", "second"),
        bad("{\"prompt\": \"x\", \"echo\": true, \"logprobs\": 1}", "echo", "not supported"),
        bad("{\"prompt\": [" + "\"a\",".repeat(99) + "\"b\"], \"n\": 2}", "prompt", "limit is 128"),
        bad("{\"prompt\": [" + "\"a\",".repeat(128) + "\"b\"]}", "prompt", "limit is 128"));
  }

  @ParameterizedTest(name = "{1}: {3}")
  @MethodSource("badCompletions")
  void badCompletionIsRefusedWithOneSentence(String body, String param, int status, String says) {
    assertRefused(gateway.post(COMPLETIONS, body), status, param, says);
  }

  static Stream<Arguments> badChats() {
    String hello = "\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]";
    return Stream.of(
        bad("{}", "messages", "missing"),
        bad("{\"messages\": []}", "messages", "at least one"),
        bad("{\"messages\": \"x\"}", "messages", "an array"),
        bad("{\"messages\": [\"x\"]}", "messages[0]", "an object"),
        bad("{\"messages\": [{\"content\": \"x\"}]}", "messages[0].role", "missing"),
        message("{\"role\": \"robot\", \"content\": \"x\"}", ".role", "'robot'"),
        message("{\"role\": 5, \"content\": \"x\"}", ".role", "string"),
        message("{\"role\": \"user\"}", ".content", "missing"),
        message("{\"role\": \"user\", \"content\": 5}", ".content", "a string or an array"),
        message(
            "{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}",
            ".content[0].type",
            "must be 'text'"),
        message(
            "{\"role\": \"user\", \"content\": [{\"type\": \"text\"}]}",
            ".content[0].text",
            "missing"),
        message("{\"role\": \"assistant\"}", "", "must have"),
        message("{\"role\": \"tool\", \"content\": \"x\"}", ".tool_call_id", "missing"),
        message(
            "{\"role\": \"tool\", \"content\": \"x\", \"tool_call_id\": \"c\"}",
            ".tool_call_id",
            "no call of an earlier message"),
        message(
            "{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"c\", \"function\": {\"name\":"
                + " \"a b\", \"arguments\": \"{}\"}}]}",
            ".tool_calls[0].function.name",
            "letters"),
        chat(hello, "n", "0", "1 to 16"),
        chat(hello, "n", "2147483648", "1 to 16"),
        chat(hello, "priority", "1001", "-1000 to 1000"),
        chat(hello, "cache_salt", "\"\"", "empty"),
        chat(hello, "timeout", "0", "above 0"),
        chat(hello, "max_tokens", "1e10", "whole number"),
        chat(hello, "stop", "[[]]", "stop[0]", "string"),
        chat(hello, "logit_bias", "{\"5\": 1e9}", "logit_bias.5", "-100 to 100"),
        chat(hello, "max_completion_tokens", "0", "1 to"),
        chat(hello, "max_tokens", "-1", "1 to"),
        chat(hello, "reasoning_effort", "\"extreme\"", "'low', 'medium' or 'high'"),
        chat(hello, "tool_choice", "\"required\"", "'none' or 'auto'"),
        chat(hello, "tool_choice", "{\"type\": \"function\"}", "'none' or 'auto'"),
        chat(hello, "logprobs", "5", "true or false"),
        chat(hello, "top_logprobs", "5", "needs 'logprobs'"),
        bad("{" + hello + ", \"logprobs\": true, \"top_logprobs\": 21}", "top_logprobs", "0 to 20"),
        bad(
            "{" + hello + ", \"response_format\": {\"type\": \"json_object\"}}",
            "response_format.type",
            "must be 'text'"),
        chat(hello, "functions", "[]", "use 'tools'"),
        chat(hello, "function_call", "\"auto\"", "use 'tool_choice'"),
        chat(hello, "tools", "{}", "an array"),
        bad(
            "{" + hello + ", \"tools\": [{\"type\": \"web_search\"}]}",
            "tools[0].type",
            "must be 'function'"),
        bad(
            "{"
                + hello
                + ", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"\"}}]}",
            "tools[0].function.name",
            "letters"),
        bad(
            "{"
                + hello
                + ", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\","
                + " \"parameters\": []}}]}",
            "tools[0].function.parameters",
            "an object"));
  }

  @ParameterizedTest(name = "{1}: {3}")
  @MethodSource("badChats")
  void badChatIsRefusedWithOneSentence(String body, String param, int status, String says) {
    assertRefused(gateway.post(CHAT, body), status, param, says);
  }

  @Test
  void promptLongerThanTheContextIsRefusedWithTheNumbers() {
    String prompt = "x".repeat(2001);
    for (String body :
        new String[] {
          "{\"prompt\": \"" + prompt + "\"}",
          "{\"prompt\": \"" + prompt.substring(0, 2000) + "\", \"stream\": true}",
          "{\"prompt\": \"" + prompt.substring(0, 1990) + "\", \"max_tokens\": 11}"
        }) {
      HttpResponse<String> response = gateway.post(COMPLETIONS, body);
      assertRefused(response, 400, "prompt", "context has 2000 tokens");
      assertEquals(
          "context_length_exceeded", GatewayFixture.json(response).at("/error/code").asText());
    }
    assertRefused(
        gateway.post(
            CHAT, "{\"messages\": [{\"role\": \"user\", \"content\": \"" + prompt + "\"}]}"),
        400,
        "messages",
        "context has 2000 tokens");
  }

  @Test
  void promptThatCannotFitInTheContextIsRefusedBeforeItIsTokenized() {
    String prompt = "x".repeat(2000 * "<|constrain|>".length() + 1);
    assertRefused(
        gateway.post(COMPLETIONS, "{\"prompt\": \"" + prompt + "\"}"),
        400,
        "prompt",
        prompt.length() + " characters cannot fit");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/completions, 405", "PUT, /v1/chat/completions, 405", "POST, /v1/models, 405",
    "DELETE, /health, 405", "GET, /v1/embeddings, 404", "GET, /, 404",
    "GET, /v1/models/other, 404", "POST, /v1/completions/, 404"
  })
  void wrongPathOrMethodIsRefused(String method, String path, int status) {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request(path)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                .build());
    assertRefused(response, status, null, "");
  }

  @Test
  void bodyThatIsNoJsonByItsTypeIsRefused() {
    HttpResponse<String> response =
        gateway.send(
            gateway
                .request(COMPLETIONS)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                .build());
    assertRefused(response, 415, "", "application/json");
  }

  @Test
  void bodyWithoutTypeOrWithCharsetIsTakenForJson() {
    HttpRequest.BodyPublisher body = HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\"}");
    assertEquals(200, gateway.send(gateway.request(COMPLETIONS).POST(body).build()).statusCode());
    assertEquals(
        200,
        gateway
            .send(
                gateway
                    .request(COMPLETIONS)
                    .header("Content-Type", "Application/JSON; charset=utf-8")
                    .POST(body)
                    .build())
            .statusCode());
  }

  @Test
  void unknownFieldsAreIgnored() {
    gateway.answer(
        COMPLETIONS, "{\"prompt\": \"x\", \"user\": \"me\", \"metadata\": {\"a\": [1]}, \"z\": 0}");
  }

  @ParameterizedTest
  @CsvSource({"too large, 400", "full, 503", "failed, 500"})
  void refusalOfTheRackHasTheRightStatusBeforeTheFirstByte(String prompt, int status) {
    for (boolean stream : new boolean[] {false, true}) {
      HttpResponse<String> response =
          gateway.post(
              COMPLETIONS,
              "{\"prompt\": [\"x\", \"%s\"], \"stream\": %s}".formatted(prompt, stream));
      assertRefused(response, status, "", "it was refused");
      assertEquals(
          status == 503, response.headers().firstValue("Retry-After").isPresent(), "Retry-After");
    }
  }

  @Test
  void failureAfterTheFirstByteIsAnEventAfterWhichTheStreamEnds() {
    HttpResponse<String> response =
        gateway.post(COMPLETIONS, "{\"prompt\": \"breaks\", \"stream\": true}");
    assertEquals(200, response.statusCode());
    var data = GatewayFixture.data(response.body());
    assertTrue(data.getLast().contains("\"error\""), response.body());
    assertTrue(data.getLast().contains("it broke down"), response.body());
    assertRefused(gateway.post(COMPLETIONS, "{\"prompt\": \"breaks\"}"), 500, "", "it broke down");
  }

  @Test
  void textIsRefusedByAModelWithoutTokenizer() {
    try (GatewayFixture bare =
        new GatewayFixture(
            GatewayFixture.settings(),
            Optional.empty(),
            request -> Script.of(500, 501, ByteTokenizer.RETURN))) {
      assertRefused(
          bare.post(COMPLETIONS, "{\"prompt\": \"x\"}"), 400, "prompt", "must be token ids");
      assertRefused(
          bare.post(CHAT, "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"),
          400,
          "model",
          "no tokenizer");
      JsonNode choice =
          bare.answer(
                  COMPLETIONS, "{\"prompt\": [511], \"return_token_ids\": true, \"logprobs\": 1}")
              .at("/choices/0");
      assertEquals("", choice.get("text").asText());
      assertEquals("[500,501,261]", choice.get("token_ids").toString());
      assertEquals("token_id:500", choice.at("/logprobs/tokens/0").asText());
    }
  }

  @Test
  void chatIsRefusedByAModelWithoutHarmony() {
    try (GatewayFixture plain =
        new GatewayFixture(
            GatewayFixture.settings(),
            Optional.of(ByteTokenizer.withoutSpecials()),
            request -> Script.of("x"))) {
      assertRefused(
          plain.post(CHAT, "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}"),
          400,
          "model",
          "special token");
    }
  }

  private static Arguments bad(String body, String param, String says) {
    return Arguments.of(body, param, 400, says);
  }

  private static Arguments field(String name, String value, String says) {
    return field(name, value, 400, says);
  }

  private static Arguments field(String name, String value, int status, String says) {
    return Arguments.of(
        "{\"prompt\": \"x\", \"%s\": %s}".formatted(name, value), name, status, says);
  }

  private static Arguments message(String message, String at, String says) {
    return bad("{\"messages\": [" + message + "]}", "messages[0]" + at, says);
  }

  private static Arguments chat(String messages, String name, String value, String says) {
    return chat(messages, name, value, name, says);
  }

  private static Arguments chat(
      String messages, String name, String value, String param, String says) {
    return bad("{%s, \"%s\": %s}".formatted(messages, name, value), param, says);
  }

  /**
   * @param param the field that must be named; empty for none, null for any
   */
  private static void assertRefused(
      HttpResponse<String> response, int status, String param, String says) {
    assertEquals(status, response.statusCode(), response.body());
    assertEquals(
        "application/json", response.headers().firstValue("Content-Type").orElse(""), "type");
    JsonNode error = GatewayFixture.json(response).get("error");
    assertTrue(error.get("message").isTextual() && error.get("type").isTextual());
    assertTrue(error.has("param") && error.has("code"));
    if (param != null) {
      assertEquals(param, error.get("param").isNull() ? "" : error.get("param").asText());
    }
    assertTrue(
        error.get("message").asText().contains(says), error.get("message") + " says not " + says);
  }
}
