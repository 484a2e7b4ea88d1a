package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Prometheus gets at {@code GET /metrics}. */
@Timeout(60)
class MetricsRouteTest {
  private static final String PATH = "/v1/completions";
  private static final Pattern LINE =
      Pattern.compile("([a-z0-9_]+(?:\\{[^}]*\\})?) (-?[0-9.]+(?:E-?[0-9]+)?|\\+Inf)");

  private static GatewayFixture gateway(TestSettings settings) {
    return new GatewayFixture(
        settings.make(),
        Optional.of(new ByteTokenizer()),
        request -> ScriptedRouter.Script.of("Hi"));
  }

  private static HttpResponse<String> get(GatewayFixture gateway, String accept) {
    return gateway.send(gateway.request("/metrics").header("Accept", accept).GET().build());
  }

  /** Values by name and labels; a line that is neither that nor a comment fails. */
  private static Map<String, Double> values(GatewayFixture gateway) {
    HttpResponse<String> response = get(gateway, "*/*");
    assertEquals(200, response.statusCode());
    Map<String, Double> values = new TreeMap<>();
    for (String line : response.body().lines().filter(l -> !l.startsWith("#")).toList()) {
      Matcher matcher = LINE.matcher(line);
      assertTrue(matcher.matches(), line);
      assertEquals(null, values.put(matcher.group(1), Double.valueOf(matcher.group(2))), line);
    }
    return values;
  }

  @Test
  void requestsAreCountedAndMeasured() {
    try (GatewayFixture gateway = gateway(new TestSettings())) {
      assertEquals(0, values(gateway).get("rack72_requests_ended_total{outcome=\"complete\"}"));
      gateway.answer(PATH, "{\"prompt\": \"12345\", \"max_tokens\": 2}");
      gateway.post(PATH, "{\"prompt\": 5}");
      Map<String, Double> values = values(gateway);
      assertEquals(1, values.get("rack72_requests_ended_total{outcome=\"complete\"}"));
      assertEquals(1, values.get("rack72_http_answers_total{status=\"200\"}"));
      assertEquals(1, values.get("rack72_http_answers_total{status=\"400\"}"));
      assertEquals(5, values.get("rack72_prompt_tokens_total"));
      assertEquals(2, values.get("rack72_generation_tokens_total"));
      assertEquals(1, values.get("rack72_time_to_first_token_seconds_count"));
      assertEquals(1, values.get("rack72_inter_token_latency_seconds_count"));
      assertEquals(1, values.get("rack72_request_duration_seconds_bucket{le=\"+Inf\"}"));
      assertEquals(0, values.get("rack72_requests_running"));
      assertEquals(0, values.get("rack72_sequences_resubmitted_total{reason=\"gpu_lost\"}"));
    }
  }

  @Test
  void fullQueueShows() throws Exception {
    try (GatewayFixture gateway = gateway(new TestSettings().load(new LoadLimits(1, 1000, 1)));
        RawClient first = new RawClient(gateway.port)) {
      first.post("{\"prompt\": \"x\", \"stream\": true}").awaitLine("data: ");
      assertEquals(503, gateway.post(PATH, "{\"prompt\": \"x\"}").statusCode());
      Map<String, Double> values = values(gateway);
      assertEquals(1, values.get("rack72_http_answers_total{status=\"503\"}"));
      assertEquals(1, values.get("rack72_requests_running"));
      first.reset();
    }
  }

  @Test
  void stateOfTheRackIsThere() {
    try (GatewayFixture gateway = gateway(new TestSettings())) {
      Map<String, Double> values = values(gateway);
      assertEquals(1, values.get("rack72_healthy"));
      assertEquals(7, values.get("rack72_placement_epoch"));
      assertEquals(2, values.get("rack72_missing_trays"));
      assertEquals(8, values.get("rack72_node_dropped_messages_total{node=\"10.0.0.1:7272\"}"));
      assertEquals(1, values.get("rack72_node_failed_trays{node=\"10.0.0.1:7272\"}"));
      assertEquals(1, values.get("rack72_node_silent_peers{node=\"10.0.0.1:7272\"}"));
      assertEquals(8, values.get("rack72_gpu_hedges_total{gpu=\"0\",tray=\"0\"}"));
      assertEquals(
          6, values.get("rack72_gpu_kv_blocks{gpu=\"0\",pool=\"full\",state=\"free\",tray=\"0\"}"));
      assertEquals(
          7,
          values.get(
              "rack72_trunk_refused_segments_total{node=\"10.0.0.1:7272\",to=\"10.0.0.2:7272\"}"));
    }
  }

  @Test
  void formatIsTheOneThatWasAskedFor() {
    try (GatewayFixture gateway = gateway(new TestSettings())) {
      HttpResponse<String> plain = get(gateway, "text/plain");
      assertTrue(contentType(plain).startsWith("text/plain"), contentType(plain));
      HttpResponse<String> open =
          get(gateway, "application/openmetrics-text;version=1.0.0,text/plain;q=0.3");
      assertTrue(contentType(open).startsWith("application/openmetrics-text"), contentType(open));
      assertTrue(open.body().endsWith("# EOF\n"));
    }
  }

  @Test
  void keyIsNeededWhereThereAreKeys() {
    try (GatewayFixture gateway =
        gateway(new TestSettings().apiKey("web", "web-key", 1, OptionalInt.empty()))) {
      assertEquals(401, get(gateway, "*/*").statusCode());
    }
  }

  private static String contentType(HttpResponse<?> response) {
    return response.headers().firstValue("Content-Type").orElseThrow();
  }
}
