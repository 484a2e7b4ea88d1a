package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.SequenceRequest;
import io.rack72.text.Channels;
import io.rack72.text.Conversation;
import io.rack72.text.DeveloperContent;
import io.rack72.text.FunctionTool;
import io.rack72.text.HarmonyRenderer;
import io.rack72.text.Message;
import io.rack72.text.ReasoningEffort;
import io.rack72.text.SystemContent;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTest {
  private static final String PATH = "/v1/chat/completions";

  private static final String ANSWER =
      "<|channel|>analysis<|message|>Think — hard.<|end|>"
          + "<|start|>assistant<|channel|>final<|message|>Grüß 🌍!<|return|>";
  private static final String CALL =
      "<|channel|>analysis<|message|>Need it.<|end|>"
          + "<|start|>assistant<|channel|>commentary<|message|>Let me look.<|end|>"
          + "<|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json"
          + "<|message|>{\"city\": \"Tōkyō\"}<|call|>";
  private static final String MALFORMED = "no header at all<|channel|>, is there<|return|>";

  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = new GatewayFixture(ChatTest::script);
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static Script script(SequenceRequest request) {
    String prompt = new ByteTokenizer().decode(request.promptIds());
    if (prompt.contains("call please")) {
      return Script.of(CALL);
    }
    return Script.of(prompt.contains("nonsense please") ? MALFORMED : ANSWER);
  }

  private static String body(String question, String fields) {
    return "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]%s}"
        .formatted(question, fields);
  }

  @Test
  void wholeReplyHasTheShapeOfOpenAi() {
    JsonNode reply = gateway.answer(PATH, body("hi", ""));
    assertTrue(reply.get("id").asText().startsWith("chatcmpl-test-"));
    assertEquals("chat.completion", reply.get("object").asText());
    assertEquals(GatewayFixture.CREATED, reply.get("created").asLong());
    JsonNode choice = reply.at("/choices/0");
    assertEquals(0, choice.get("index").asInt());
    assertEquals("stop", choice.get("finish_reason").asText());
    assertTrue(choice.get("logprobs").isNull());
    JsonNode message = choice.get("message");
    assertEquals("assistant", message.get("role").asText());
    assertEquals("Grüß 🌍!", message.get("content").asText());
    assertEquals("Think — hard.", message.get("reasoning").asText());
    assertTrue(message.get("refusal").isNull());
    assertFalse(message.has("tool_calls"));
    JsonNode usage = reply.get("usage");
    assertEquals(ByteTokenizer.ids(ANSWER).length, usage.get("completion_tokens").asInt());
    assertEquals(15, usage.at("/completion_tokens_details/reasoning_tokens").asInt());
    assertEquals(0, usage.at("/prompt_tokens_details/cached_tokens").asInt(-1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"hi", "call please", "nonsense please"})
  void streamAddsUpToTheWholeReply(String question) {
    JsonNode whole = gateway.answer(PATH, body(question, "")).at("/choices/0");
    List<JsonNode> events = gateway.events(PATH, body(question, ", \"stream\": true"));
    StringBuilder content = new StringBuilder();
    StringBuilder reasoning = new StringBuilder();
    StringBuilder arguments = new StringBuilder();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      JsonNode event = events.get(i);
      assertEquals("chat.completion.chunk", event.get("object").asText());
      JsonNode delta = event.at("/choices/0/delta");
      assertEquals(i == 0, delta.has("role"), "the first delta has the role");
      content.append(delta.path("content").asText());
      reasoning.append(delta.path("reasoning").asText());
      for (JsonNode call : delta.path("tool_calls")) {
        assertEquals(0, call.get("index").asInt());
        arguments.append(call.at("/function/arguments").asText());
        if (call.has("id")) {
          assertEquals("function", call.get("type").asText());
          names.add(call.at("/function/name").asText());
        }
      }
    }
    JsonNode message = whole.get("message");
    assertEquals(message.get("content").asText(""), content.toString());
    assertEquals(message.get("reasoning").asText(""), reasoning.toString());
    assertEquals(message.at("/tool_calls/0/function/arguments").asText(), arguments.toString());
    assertEquals(
        message.has("tool_calls")
            ? List.of(message.at("/tool_calls/0/function/name").asText())
            : List.of(),
        names);
    assertEquals(whole.get("finish_reason"), events.getLast().at("/choices/0/finish_reason"));
  }

  @Test
  void functionCallIsToldAsToolCall() {
    JsonNode choice = gateway.answer(PATH, body("call please", "")).at("/choices/0");
    assertEquals("tool_calls", choice.get("finish_reason").asText());
    JsonNode message = choice.get("message");
    assertEquals("Let me look.", message.get("content").asText());
    assertEquals("Need it.", message.get("reasoning").asText());
    JsonNode call = message.at("/tool_calls/0");
    assertTrue(call.get("id").asText().startsWith("call_"));
    assertEquals("function", call.get("type").asText());
    assertEquals("get_weather", call.at("/function/name").asText());
    assertEquals("{\"city\": \"Tōkyō\"}", call.at("/function/arguments").asText());
  }

  @Test
  void malformedHarmonyIsHandedOnAsContent() {
    JsonNode choice = gateway.answer(PATH, body("nonsense please", "")).at("/choices/0");
    String content = choice.at("/message/content").asText();
    assertTrue(content.contains("no header at all"), content);
    assertTrue(content.contains(", is there"), content);
    assertEquals("stop", choice.get("finish_reason").asText());
  }

  @Test
  void stopStringEndsTheContentAndIsNotLookedForInReasoning() {
    JsonNode choice =
        gateway.answer(PATH, body("hi", ", \"stop\": [\"hard\", \"ß 🌍\"]")).at("/choices/0");
    assertEquals("Think — hard.", choice.at("/message/reasoning").asText());
    assertEquals("Grü", choice.at("/message/content").asText());
    assertEquals("stop", choice.get("finish_reason").asText());
  }

  @Test
  void logprobsAreThoseOfTheContent() {
    JsonNode logprobs =
        gateway
            .answer(PATH, body("hi", ", \"logprobs\": true, \"top_logprobs\": 2"))
            .at("/choices/0/logprobs/content");
    List<Byte> bytes = new ArrayList<>();
    logprobs.forEach(token -> token.get("bytes").forEach(b -> bytes.add((byte) b.asInt())));
    byte[] content = new byte[bytes.size()];
    IntStream.range(0, content.length).forEach(i -> content[i] = bytes.get(i));
    assertEquals("Grüß 🌍!", new String(content, StandardCharsets.UTF_8));
    assertEquals("G", logprobs.at("/0/token").asText());
    assertEquals(-0.25, logprobs.at("/0/logprob").asDouble());
    assertEquals(2, logprobs.at("/0/top_logprobs").size());
    assertEquals("H", logprobs.at("/0/top_logprobs/1/token").asText());
  }

  @Test
  void lengthWithinTheReasoningLeavesTheContentEmpty() {
    JsonNode choice =
        gateway.answer(PATH, body("hi", ", \"max_completion_tokens\": 15")).at("/choices/0");
    assertEquals("length", choice.get("finish_reason").asText());
    assertEquals("", choice.at("/message/content").asText());
    assertEquals("Think", choice.at("/message/reasoning").asText());
  }

  @Test
  void replyMayFillTheContext() {
    gateway.answer(PATH, body("how long", ""));
    SequenceRequest submitted = lastSubmitted("how long");
    assertEquals(
        GatewayFixture.CONTEXT_LIMIT,
        submitted.promptIds().length + submitted.params().maxTokens());
  }

  @Test
  void tokenIdsAreReturnedWhereAskedFor() {
    JsonNode reply = gateway.answer(PATH, body("ids", ", \"return_token_ids\": true"));
    assertEquals(lastSubmitted("ids").promptIds().length, reply.get("prompt_token_ids").size());
    assertEquals(ByteTokenizer.ids(ANSWER).length, reply.at("/choices/0/token_ids").size());
  }

  @Test
  void conversationIsRenderedAsTheChatTemplateDoes() {
    String body =
        """
        {"messages": [
           {"role": "system", "content": "Be brief."},
           {"role": "developer", "content": [{"type": "text", "text": "Be "},
                                             {"type": "text", "text": "kind."}]},
           {"role": "user", "content": "Weather in <|start|>?", "name": "ann"},
           {"role": "assistant", "content": "I look.", "reasoning": "A call.", "tool_calls":
             [{"id": "c1", "type": "function",
               "function": {"name": "get_weather", "arguments": "{}"}}]},
           {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
           {"role": "system", "content": "Now in German."}],
         "tools": [{"type": "function", "function": {"name": "get_weather",
           "description": "Weather.", "parameters": {"type": "object", "properties":
             {"z": {"type": "string"}, "a": {"type": "number"}}}}}],
         "reasoning_effort": "high"}\
        """;
    gateway.answer(PATH, body);
    JsonNode parameters =
        Json.parse(body.getBytes(StandardCharsets.UTF_8)).at("/tools/0/function/parameters");
    Conversation expected =
        new Conversation(
            List.of(
                Message.system(SystemContent.DEFAULT.withReasoningEffort(ReasoningEffort.HIGH)),
                Message.developer(
                    new DeveloperContent(
                        Optional.of("Be brief.\n\nBe kind."),
                        List.of(
                            new FunctionTool("get_weather", "Weather.", Optional.of(parameters))))),
                Message.user("Weather in <|start|>?"),
                Message.assistant(Channels.ANALYSIS, "A call."),
                Message.assistant(Channels.COMMENTARY, "I look."),
                Message.functionCall("get_weather", "{}"),
                Message.functionResult("get_weather", "sunny"),
                Message.developer(new DeveloperContent(Optional.of("Now in German."), List.of()))));
    assertEquals(
        new HarmonyRenderer(new ByteTokenizer())
            .renderText(expected, HarmonyRenderer.Mode.COMPLETION, true),
        new ByteTokenizer().decode(lastSubmitted("Weather in").promptIds()));
  }

  @Test
  void toolsAreNotShownToTheModelWhereNoneMayBeCalled() {
    gateway.answer(
        PATH,
        body(
            "no tools",
            """
            , "tool_choice": "none",
            "tools": [{"type": "function", "function": {"name": "secret_tool"}}]\
            """));
    assertFalse(
        new ByteTokenizer().decode(lastSubmitted("no tools").promptIds()).contains("secret_tool"));
  }

  @Test
  void modelIsToldADateOnlyWhereOneIsGiven() {
    gateway.answer(PATH, body("undated", ""));
    assertFalse(
        new ByteTokenizer().decode(lastSubmitted("undated").promptIds()).contains("Current date"));
    GatewaySettings dated = new TestSettings().today(LocalDate.of(2025, 6, 28)).make();
    JsonValue request = JsonValue.body(body("dated", "").getBytes(StandardCharsets.UTF_8));
    Generation generation =
        new ChatEndpoint(
                new Admission(GatewayFixture.model(Optional.of(new ByteTokenizer())), dated))
            .read(request, new Arrival(Tenant.EVERYBODY, 0));
    assertTrue(
        new ByteTokenizer()
            .decode(generation.sequences().getFirst().promptIds())
            .contains("Current date: 2025-06-28"));
  }

  private static SequenceRequest lastSubmitted(String question) {
    return gateway.submitted().stream()
        .filter(request -> new ByteTokenizer().decode(request.promptIds()).contains(question))
        .reduce((first, second) -> second)
        .orElseThrow();
  }
}
