package io.rack72.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command makes of a server whose every answer is known. */
class BenchLoadCommandTest {
  private static final String GOOD =
      """
      data: {"choices": [{"index": 0, "text": "a", "token_ids": [5]}]}

      data: {"choices": [{"index": 0, "text": "b", "token_ids": [6, 7], "finish_reason": "length"}]}

      data: {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 3, \
      "prompt_tokens_details": {"cached_tokens": 2}}}

      data: [DONE]

      """;

  private final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/v1/models",
        exchange ->
            answer(
                exchange,
                200,
                "application/json",
                "{\"data\": [{\"id\": \"m\", \"max_model_len\": 1000}]}"));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void reportsInOneLineOfJsonAndIsQuietInAPipe() throws JsonProcessingException {
    answers(200, GOOD);
    LoadRun run = run("--requests", "5", "--concurrency", "2", "--warmup", "1", "--seed", "9");
    assertEquals("", run.err());
    assertEquals(0, run.exitCode());
    assertEquals(1, run.out().lines().count());
    JsonNode report = Json.read(run.out());
    assertEquals("m", report.get("model").asText());
    assertEquals(9, report.get("seed").asInt());
    assertEquals(5, report.get("succeeded").asInt());
    assertEquals(15, report.get("output_tokens").asInt());
    assertEquals(20, report.get("prompt_tokens").asInt());
    assertEquals(1.5, report.get("tokens_per_event").asDouble());
    assertEquals(5, report.at("/ttft_ms/count").asInt());
    assertEquals(5, report.at("/itl_ms/count").asInt(), "one gap of each, however many tokens");
    assertTrue(report.get("errors").isEmpty());
    assertEquals(6, requests.size(), "with that of the warm-up");
  }

  @Test
  void sendsWhatWasAskedFor() throws JsonProcessingException {
    answers(200, GOOD);
    String[] asked = {"--requests", "3", "--prompt-tokens", "5", "--output-tokens", "7"};
    assertEquals(0, run(with(asked, "--vocab", "50-60", "--warmup", "0")).exitCode());
    for (JsonNode request : requests) {
      assertEquals(5, request.get("prompt").size());
      request.get("prompt").forEach(id -> assertTrue(id.asInt() >= 50 && id.asInt() <= 60));
      assertEquals(7, request.get("max_tokens").asInt());
      assertTrue(request.get("stream").asBoolean());
      assertTrue(request.get("ignore_eos").asBoolean());
      assertTrue(request.get("return_token_ids").asBoolean());
    }
  }

  @Test
  void openLoopSendsAllAtTheirTimes() throws JsonProcessingException {
    answers(200, GOOD);
    String[] asked = {"--rate", "200", "--requests", "20", "--slo-ttft", "60000"};
    LoadRun run = run(with(asked, "--warmup", "0", "--seed", "4"));
    assertEquals(0, run.exitCode(), run.err());
    JsonNode report = Json.read(run.out());
    double last = Arrivals.poisson(200, 20, 4)[19] / 1e9;
    assertTrue(report.get("seconds").asDouble() >= last, "not before they are due");
    assertEquals(
        report.get("requests_per_second").asDouble(), report.get("goodput_per_second").asDouble());
  }

  @Test
  void refusedRequestsAreCountedByStatusAndExitCode1() throws JsonProcessingException {
    answers(503, "{\"error\": {\"message\": \"no room\"}}");
    LoadRun run = run("--requests", "3", "--warmup", "0");
    assertEquals(1, run.exitCode());
    JsonNode report = Json.read(run.out());
    assertEquals(3, report.at("/errors/503").asInt());
    assertEquals("no room", report.at("/error_examples/503").asText());
    assertTrue(report.get("ttft_ms").isNull());
  }

  @Test
  void brokenStreamsAreErrors() throws JsonProcessingException {
    answers(200, GOOD.replace("data: [DONE]", ": ping"));
    LoadRun run = run("--requests", "2", "--warmup", "0");
    assertEquals(1, run.exitCode());
    JsonNode report = Json.read(run.out());
    assertEquals(2, report.at("/errors/broken reply").asInt());
    assertEquals(
        "the stream ended without [DONE]", report.at("/error_examples/broken reply").asText());
  }

  @Test
  void whereNoRequestSucceedsTheWarmupSaysWhy() {
    answers(400, "{\"error\": {\"message\": \"'prompt[0]' must be 0 to 99\"}}");
    LoadRun run = run("--requests", "2");
    assertEquals(1, run.exitCode());
    assertEquals("no request succeeds (400): 'prompt[0]' must be 0 to 99", run.err().strip());
  }

  @Test
  void prefixesAreSharedByAllButTheColdRequests() throws JsonProcessingException {
    answers(200, GOOD);
    String[] asked = {"--scenario", "prefix", "--prefix-tokens", "20", "--prompt-tokens", "4"};
    LoadRun run =
        LoadRun.of(
            with(
                asked,
                "--url",
                url(),
                "--requests",
                "3",
                "--cold-requests",
                "2",
                "--warmup",
                "0",
                "--json"));
    assertEquals(0, run.exitCode(), run.err());
    List<String> prefixes =
        requests.stream().map(request -> prefix(request.get("prompt"), 20)).toList();
    assertEquals(5, prefixes.size());
    assertEquals(2, Stream.of(prefixes.get(0), prefixes.get(1)).distinct().count());
    assertEquals(1, prefixes.subList(1, 5).stream().distinct().count());
    assertEquals(5, requests.stream().map(request -> request.get("prompt")).distinct().count());
    JsonNode report = Json.read(run.out());
    assertEquals(4, report.get("cold_cached_tokens").asInt());
    assertEquals(6, report.get("warm_cached_tokens").asInt());
    assertEquals(12, report.get("warm_prompt_tokens").asInt());
  }

  @Test
  void contextThatIsTooShortIsToldBeforeTheLoad() {
    LoadRun run = run("--prompt-tokens", "990", "--output-tokens", "11");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("up to 1001 tokens together, and the context of m has 1000"));
  }

  @Test
  void soakNeedsARackThatCanBeLookedAt() {
    LoadRun run = run("--scenario", "soak", "--prompt-tokens", "9", "--output-tokens", "9");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("answers GET /rack with status 404"), run.err());
  }

  @Test
  void serverThatIsNotThereIsOneSentence() {
    server.stop(0);
    LoadRun run = run();
    assertEquals(1, run.exitCode());
    assertEquals("cannot connect to " + url() + "; is a server there?", run.err().strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--scenario quick",
        "--url localhost:8000",
        "--timeout 0",
        "--timeout NaN",
        "--requests 0",
        "--concurrency 0",
        "--concurrency 2 --rate 3",
        "--rate 0",
        "--rate NaN",
        "--warmup -1",
        "--prompt-tokens 0",
        "--prompt-tokens 9-3",
        "--output-tokens 0",
        "--vocab all",
        "--slo-ttft 0",
        "--pid 1",
        "--minutes 1",
        "--scenario soak --requests 5",
        "--scenario soak --minutes 0",
        "--scenario soak --minutes NaN",
        "--scenario soak --sample-seconds 0",
        "--scenario soak --pid 999999999",
        "--scenario prefix --prefix-tokens 0",
        "--scenario prefix --cold-requests 0",
        "--scenario interference --streams 0",
        "--scenario interference --rounds 0",
        "--scenario interference --window-events 1",
        "twice"
      })
  void badUsageIsExitCode2(String arguments) {
    LoadRun run = LoadRun.of(arguments.split(" ", -1));
    assertEquals(2, run.exitCode(), run.out());
    assertEquals("", run.out());
    assertTrue(!run.err().isEmpty(), "says what is wrong");
  }

  @Test
  void optionOfAnotherScenarioIsNamedWithIt() {
    LoadRun run = LoadRun.of("--scenario", "soak", "--rate", "3");
    assertTrue(
        run.err().startsWith("--rate means nothing to the scenario soak, only to steady"),
        run.err());
  }

  @Test
  void helpSaysWhatIsMeasured() {
    LoadRun run = LoadRun.of("--help");
    assertEquals(0, run.exitCode());
    assertTrue(run.out().contains("TTFT is the time until"), run.out());
  }

  private static String prefix(JsonNode prompt, int tokens) {
    List<JsonNode> ids = new ArrayList<>();
    prompt.forEach(ids::add);
    return ids.subList(0, tokens).toString();
  }

  private void answers(int status, String body) {
    server.createContext(
        "/v1/completions",
        exchange -> {
          requests.add(Json.read(new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
          answer(exchange, status, status == 200 ? "text/event-stream" : "application/json", body);
        });
  }

  /** Answers, where the key is the right one. */
  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    boolean keyIsRight = "Bearer k".equals(exchange.getRequestHeaders().getFirst("Authorization"));
    byte[] bytes = body.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(keyIsRight ? status : 401, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private String url() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  private LoadRun run(String... more) {
    return LoadRun.of(with(more, "--url", url(), "--json"));
  }

  private static String[] with(String[] first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }
}
