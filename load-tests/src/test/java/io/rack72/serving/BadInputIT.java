package io.rack72.serving;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests that cannot be served are refused in OpenAI's error shape, and the rack serves on: after
 * each of them a good request is answered as ever.
 */
final class BadInputIT {
  private static final String CHAT = "/v1/chat/completions";
  private static final int VOCABULARY = 201_088;
  private static final int CONTEXT = 4096;
  private static final ObjectNode GOOD = Completion.greedy(List.of(9, 99, 999), 3);

  private static RackServer server;
  private static HttpApi api;
  private static Completion expected;

  @BeforeAll
  static void start() {
    server = RackServer.of(DemoCheckpoint.directory()).dataParallel(2).start();
    api = new HttpApi(server.url());
    expected = Completion.of(api.postOk(Completion.PATH, GOOD));
  }

  @AfterAll
  static void stop() {
    api.close();
    server.close();
  }

  @AfterEach
  void serverServesOn() {
    assertEquals(expected, Completion.of(api.postOk(Completion.PATH, GOOD)));
  }

  static final List<String> NOT_JSON_OBJECTS =
      List.of(
          "",
          "{",
          "{\"prompt\": [1, 2",
          "{'prompt': [1]}",
          "{\"prompt\": [1],}",
          "{\"prompt\": [1]} {}",
          "{\"prompt\": [1], \"prompt\": [2]}",
          "{\"prompt\": [01]}",
          "{\"prompt\": [1], \"temperature\": NaN}",
          "{\"prompt\": \"\\ud800\\uZZZZ\"}",
          "{\"prompt\": \"\u00c3\"}",
          "nul",
          "null",
          "7",
          "[]",
          "\"prompt\"",
          "[".repeat(100_000),
          "{\"a\":".repeat(100_000));

  @ParameterizedTest
  @FieldSource("NOT_JSON_OBJECTS")
  void bodyThatIsNoJsonObjectIsRefused(String body) {
    // Characters as bytes, so that one of the bodies is not UTF-8.
    byte[] bytes = body.getBytes(ISO_8859_1);

    assertRefused(400, null, api.post(Completion.PATH, BodyPublishers.ofByteArray(bytes)));
    assertRefused(400, null, api.post(CHAT, BodyPublishers.ofByteArray(bytes)));
  }

  static Stream<Arguments> badFields() {
    return Stream.of(
        arguments("prompt", "5"),
        arguments("prompt", "true"),
        arguments("prompt", "{\"text\": \"hello\"}"),
        arguments("prompt", "[]"),
        arguments("prompt", "\"\""),
        arguments("prompt[0]", "[[]]"),
        arguments("prompt[1]", "[1, -1]"),
        arguments("prompt[0]", "[" + VOCABULARY + "]"),
        arguments("prompt[0]", "[2147483648]"),
        arguments("prompt[0]", "[99999999999999999999]"),
        arguments("prompt[1]", "[1, 2.5]"),
        arguments("prompt[1]", "[1, \"2\"]"),
        arguments("prompt[1]", "[1, null]"),
        arguments("prompt[1][0]", "[[1], [-1]]"),
        arguments("max_tokens", "0"),
        arguments("max_tokens", "-1"),
        arguments("max_tokens", "1.5"),
        arguments("max_tokens", "\"many\""),
        arguments("max_tokens", "99999999999"),
        arguments("min_tokens", "-1"),
        arguments("min_tokens", "17"),
        arguments("n", "0"),
        arguments("n", "-1"),
        arguments("n", "1000000"),
        arguments("n", "\"2\""),
        arguments("temperature", "-0.1"),
        arguments("temperature", "\"hot\""),
        arguments("temperature", "1e999"),
        arguments("top_p", "0"),
        arguments("top_p", "1.1"),
        arguments("top_k", "-2"),
        arguments("min_p", "2"),
        arguments("presence_penalty", "3"),
        arguments("frequency_penalty", "[]"),
        arguments("repetition_penalty", "0"),
        arguments("seed", "\"lucky\""),
        arguments("seed", "1e30"),
        arguments("stream", "\"yes\""),
        arguments("stream_options", "{\"include_usage\": true}"),
        arguments("logprobs", "21"),
        arguments("logprobs", "-1"),
        arguments("logprobs", "true"),
        arguments("logit_bias", "[1]"),
        arguments("logit_bias.-1", "{\"-1\": 1}"),
        arguments("logit_bias." + VOCABULARY, "{\"" + VOCABULARY + "\": 1}"),
        arguments("logit_bias.5", "{\"5\": 101}"),
        arguments("logit_bias.5", "{\"5\": \"much\"}"),
        arguments("stop", "5"),
        arguments("stop", "\"\""),
        arguments("stop[0]", "[7]"),
        arguments("stop_token_ids[0]", "[-1]"),
        arguments("ignore_eos", "1"),
        arguments("return_token_ids", "\"true\""),
        arguments("echo", "0"),
        arguments("best_of", "3"),
        arguments("model", "7"));
  }

  @ParameterizedTest
  @MethodSource("badFields")
  void fieldThatIsWrongIsNamed(String param, String value) {
    ObjectNode request = HttpApi.object().put("max_tokens", 16);
    request.putArray("prompt").add(1);
    String field = param.split("[\\[.]", 2)[0];
    request.set(field, HttpApi.parse(value));

    assertRefused(400, param, api.post(Completion.PATH, request));
  }

  static Stream<Arguments> badChats() {
    return Stream.of(
        arguments("messages", "{}"),
        arguments("messages", "{\"messages\": null}"),
        arguments("messages", "{\"messages\": []}"),
        arguments("messages", "{\"messages\": \"hello\"}"),
        arguments("messages[0]", "{\"messages\": [\"hello\"]}"),
        arguments("messages[0].role", "{\"messages\": [{\"content\": \"hello\"}]}"),
        arguments(
            "messages[0].role", "{\"messages\": [{\"role\": \"robot\", \"content\": \"hello\"}]}"),
        arguments("messages[0].content", "{\"messages\": [{\"role\": \"user\"}]}"),
        arguments("messages[0].content", "{\"messages\": [{\"role\": \"user\", \"content\": 5}]}"),
        arguments(
            "messages[0].content[0].type",
            "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}"),
        arguments(
            "messages[0].tool_call_id",
            "{\"messages\": [{\"role\": \"tool\", \"content\": \"21\", \"tool_call_id\": \"x\"}]}"),
        arguments("tools", withHello("\"tools\": {}")),
        arguments("tools[0].type", withHello("\"tools\": [{}]")),
        arguments("tools[0].function", withHello("\"tools\": [{\"type\": \"function\"}]")),
        arguments("max_completion_tokens", withHello("\"max_completion_tokens\": 0")),
        arguments("max_completion_tokens", withHello("\"max_completion_tokens\": -5")),
        arguments("top_logprobs", withHello("\"top_logprobs\": 3")),
        arguments("logprobs", withHello("\"logprobs\": 3")),
        arguments("reasoning_effort", withHello("\"reasoning_effort\": \"heroic\"")));
  }

  private static String withHello(String fields) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"hello\"}], " + fields + "}";
  }

  @ParameterizedTest
  @MethodSource("badChats")
  void partOfAChatThatIsWrongIsNamed(String param, String request) {
    assertRefused(400, param, api.post(CHAT, BodyPublishers.ofString(request)));
  }

  @Test
  void modelThatIsNotServedIsNotFound() {
    ObjectNode request = GOOD.deepCopy().put("model", "gpt-5");

    JsonNode error = assertRefused(404, "model", api.post(Completion.PATH, request));

    assertEquals("model_not_found", error.get("code").textValue());
    assertRefused(404, "model", api.get("/v1/models/gpt-5"));
  }

  @Test
  void promptThatIsLongerThanTheContextIsRefused() {
    ObjectNode request = HttpApi.object();
    for (int i = 0; i < CONTEXT; i++) {
      request.withArray("prompt").add(i);
    }
    assertTooLong("prompt", api.post(Completion.PATH, request));
    assertTooLong("prompt", api.post(Completion.PATH, request.deepCopy().put("stream", true)));

    ObjectNode chat = HttpApi.object();
    chat.putArray("messages")
        .addObject()
        .put("role", "user")
        .put("content", "rack ".repeat(CONTEXT));
    assertTooLong("messages", api.post(CHAT, chat));
  }

  @Test
  void replyThatCannotFitInTheContextIsRefused() {
    assertTooLong(
        "prompt", api.post(Completion.PATH, GOOD.deepCopy().put("max_tokens", CONTEXT - 2)));
  }

  @Test
  void bodyOfHundredMegabytesIsTooLarge() {
    byte[] body = new byte[100 << 20];
    Arrays.fill(body, (byte) ' ');

    HttpApi.Reply reply = api.post(Completion.PATH, BodyPublishers.ofByteArray(body));

    assertRefused(413, null, reply);
  }

  @Test
  void pathsAndMethodsThatAreNotThereAreRefused() {
    assertRefused(404, null, api.get("/v1/embeddings"));
    assertRefused(404, null, api.get("/"));
    assertRefused(405, null, api.get(Completion.PATH));
    assertRefused(405, null, api.post("/v1/models", GOOD));
  }

  private static void assertTooLong(String param, HttpApi.Reply reply) {
    JsonNode error = assertRefused(400, param, reply);
    assertEquals("context_length_exceeded", error.get("code").textValue());
    assertTrue(error.get("message").textValue().contains(String.valueOf(CONTEXT)));
  }

  private static JsonNode assertRefused(int status, String param, HttpApi.Reply reply) {
    assertEquals(status, reply.status(), () -> reply.json().toString());
    JsonNode error = reply.json().required("error");
    assertFalse(error.required("message").textValue().isBlank());
    assertEquals("invalid_request_error", error.required("type").textValue());
    assertEquals(param, error.required("param").textValue(), () -> error.toString());
    assertTrue(error.has("code"));
    return error;
  }
}
