package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChatCommandTest {
  private static final String REPLY =
      """
      : a comment

      data: {"choices":[{"delta":{"role":"assistant","content":""}}]}

      data: {"choices":[{"delta":{"reasoning":"Let me think."}}]}

      data: {"choices":[{"delta":{"content":"Good "}}]}

      data: {"choices":[{"delta":{"content":"day."},"finish_reason":null}]}

      data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  private final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> keys = Collections.synchronizedList(new ArrayList<>());
  private volatile String reply = REPLY;
  private volatile int status = 200;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/models", exchange -> send(exchange, 200, "{\"data\":[{\"id\":\"m\"}]}"));
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          requests.add(Json.read(new String(body, StandardCharsets.UTF_8)));
          keys.add(exchange.getRequestHeaders().getFirst("Authorization"));
          send(exchange, status, reply);
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void eachLineIsATurnOfOneConversation() {
    CommandRun run =
        chat("hello\n\nand you?\n", false, "--system", "Be brief.", "--temperature", "0.5");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("Good day.\nGood day.\n", run.out());
    assertEquals(2, requests.size());
    JsonNode second = requests.get(1);
    assertEquals("m", second.get("model").asText(), "the first that the server has");
    assertEquals(0.5, second.get("temperature").asDouble());
    assertTrue(second.get("stream").asBoolean());
    assertEquals(
        List.of("system: Be brief.", "user: hello", "assistant: Good day.", "user: and you?"),
        StreamSupport.stream(second.get("messages").spliterator(), false)
            .map(message -> message.get("role").asText() + ": " + message.get("content").asText())
            .toList());
  }

  @Test
  void reasoningIsShownDimmedOnATerminalOnly() {
    CommandRun run = chat("hello\n", true);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("> \033[2mLet me think.\033[0m\nGood day.\n> ", run.out());
    assertFalse(chat("hello\n", false).out().contains("think"));
  }

  @Test
  void apiKeyIsSent() {
    chat("hello\n", false, "--set", "rack72.gateway.api-key=k");
    assertEquals("Bearer k", keys.getFirst());
  }

  @Test
  void refusalIsTheServersOwnSentence() {
    status = 400;
    reply = "{\"error\":{\"message\":\"the context is full\"}}";
    CommandRun run = chat("hello\nagain\n", false);
    assertEquals(1, run.exitCode());
    assertEquals("rack72: the server says: the context is full\n", run.err());
    assertEquals(1, requests.size(), "a script stops at the first failure");
  }

  @Test
  void whatFailedIsForgottenAndTheConversationGoesOn() {
    status = 503;
    reply = "busy";
    CommandRun run = chat("hello\nagain\n", true);
    assertEquals(0, run.exitCode());
    assertEquals(2, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("answered with status 503"), run.err());
    assertEquals(1, requests.get(1).get("messages").size());
  }

  @Test
  void streamThatIsCutOffIsAFailure() {
    reply = REPLY.substring(0, REPLY.indexOf("data: [DONE]"));
    CommandRun run = chat("hello\n", false);
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("before the reply was complete"), run.err());
  }

  @Test
  void nonsenseFromAServerIsAFailure() {
    reply = "data: <html>\n\n";
    CommandRun run = chat("hello\n", false);
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("not JSON"), run.err());
  }

  @Test
  void noServerIsOneSentence() {
    String url = url();
    server.stop(0);
    CommandRun run = CommandRun.of(invocation("hello\n", false), "chat", "--url", url);
    assertEquals(1, run.exitCode());
    assertEquals("rack72: cannot connect to " + url + "; is a server there?\n", run.err());
  }

  private CommandRun chat(String in, boolean onTerminal, String... args) {
    return CommandRun.of(
        invocation(in, onTerminal),
        Stream.concat(Stream.of("chat", "--url", url()), Stream.of(args)).toArray(String[]::new));
  }

  private static Invocation invocation(String in, boolean onTerminal) {
    return CommandRun.invocation(in, onTerminal, CommandRun.localLauncher());
  }

  private String url() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
