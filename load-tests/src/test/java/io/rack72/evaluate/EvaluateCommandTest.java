package io.rack72.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rack72.cli.Invocation;
import io.rack72.config.Host;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EvaluateCommandTest {
  private static final String PROMPT =
      """
      {"id": "%s", "skill": "%s", "split": "phrasings", "effort": "high", "messages": [{"role": \
      "user", "content": "%s"}], "tools": [], "check": %s}
      """;

  @TempDir Path directory;
  private final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;
  private Path prompts;
  private Path tokens;

  /** A server whose model says what it is told, or calls what it is told to. */
  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/models", exchange -> send(exchange, "{\"data\": [{\"id\": \"echo\"}]}"));
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          JsonNode request = request(exchange);
          String text = request.at("/messages/0/content").asText();
          send(
              exchange,
              text.equals("f")
                  ? """
                  {"choices": [{"finish_reason": "tool_calls", "message": {"tool_calls":
                    [{"function": {"name": "f", "arguments": "{}"}}]}}]}
                  """
                  : """
                  {"choices": [{"finish_reason": "stop", "message": {"content": "%s"}}]}
                  """
                      .formatted(text));
        });
    server.createContext(
        "/v1/completions",
        exchange ->
            send(
                exchange,
                "{\"choices\": [{\"token_ids\": %s}]}".formatted(request(exchange).get("prompt"))));
    server.start();
    prompts = directory.resolve("prompts");
    tokens = directory.resolve("tokens");
    Files.writeString(
        prompts,
        PROMPT.formatted("a", "add", "5", "{\"number\": \"5\"}")
            + PROMPT.formatted("c", "call", "f", "{\"call\": {\"name\":\"f\",\"arguments\":{}}}"));
    Files.writeString(tokens, "{\"id\": \"t\", \"prompt\": [7, 8], \"tokens\": [7, 8]}\n");
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void scoresThatAreReachedAreExitCode0() throws IOException {
    Path failures = directory.resolve("failures");
    Run run = run("--temperature", "0.5", "--failures", failures.toString());
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("right answers: 100.0% (2/2), at least 90%"), run.out());
    assertTrue(run.out().contains("reference: 100.0% (1/1)"), run.out());
    assertEquals("", Files.readString(failures));

    List<JsonNode> chats = requests.stream().filter(json -> json.has("messages")).toList();
    assertEquals("echo", chats.getFirst().get("model").asText());
    assertEquals("high", chats.getFirst().get("reasoning_effort").asText());
    assertEquals(0.5, chats.getFirst().get("temperature").asDouble());
    assertFalse(chats.getFirst().has("max_tokens"), "the server's defaults");
    JsonNode greedy = requests.stream().filter(json -> json.has("prompt")).findFirst().get();
    assertEquals(0, greedy.get("temperature").asInt());
    assertEquals(2, greedy.get("max_tokens").asInt());
  }

  @Test
  void scoreThatIsNotReachedIsExitCode1AndItsPromptIsWritten() throws IOException {
    Files.writeString(prompts, PROMPT.formatted("b", "add", "6", "{\"number\": \"5\"}"));
    Path failures = directory.resolve("failures");
    Run run = run("--json", "--failures", failures.toString());
    assertEquals(1, run.exitCode());
    assertEquals("", run.err());
    JsonNode report = Json.object(run.out());
    assertFalse(report.get("reached").asBoolean());
    assertFalse(report.has("experts"), "another's rack cannot be looked into");
    JsonNode failure = Json.object(Files.readString(failures));
    assertEquals("b", failure.get("id").asText());
    assertEquals("6", failure.at("/reply/message/content").asText());
  }

  @Test
  void limitTakesPromptsFromAllOverTheFile() throws IOException {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 10; i++) {
      many.append(PROMPT.formatted("p" + i, "skill" + i, "5", "{}"));
    }
    Files.writeString(prompts, many);
    JsonNode report = Json.object(run("--json", "--limit", "3").out());
    List<String> skills = new ArrayList<>();
    report.get("skills").fieldNames().forEachRemaining(skills::add);
    assertEquals(List.of("skill0", "skill3", "skill6"), skills);
  }

  @Test
  void serverThatIsNotThereIsOneSentence() {
    int port = server.getAddress().getPort();
    server.stop(0);
    Run run = run();
    assertEquals(1, run.exitCode());
    assertTrue(
        run.err().contains("cannot connect to http://localhost:" + port + "; is a server there?"),
        run.err());
  }

  @Test
  void badUsageIsExitCode2() {
    assertEquals(2, run("--limit", "0").exitCode());
    assertEquals(2, run("--concurrency", "0").exitCode());
  }

  private record Run(int exitCode, String out, String err) {}

  private Run run(String... more) {
    Invocation invocation =
        new Invocation(
            new ByteArrayInputStream(new byte[0]),
            false,
            new Host(2, Map.of()),
            1L << 30,
            Optional.empty(),
            null);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine =
        new CommandLine(new EvaluateCommand(invocation))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .setExecutionExceptionHandler(
                (failure, command, parsed) -> {
                  command.getErr().println(failure.getMessage());
                  return 1;
                });
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--url",
                "http://localhost:" + server.getAddress().getPort(),
                "--prompts",
                prompts.toString(),
                "--tokens",
                tokens.toString()));
    arguments.addAll(List.of(more));
    int exitCode = commandLine.execute(arguments.toArray(String[]::new));
    return new Run(exitCode, out.toString(), err.toString());
  }

  private JsonNode request(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    JsonNode request = Json.object(new String(body, StandardCharsets.UTF_8));
    requests.add(request);
    return request;
  }

  private static void send(HttpExchange exchange, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
