package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.gateway.ScriptedRouter.Script;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that are a little wrong, in ways drawn from a seed. */
class RequestFuzzTest {
  private static final int REQUESTS_PER_SEED = 250;

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1e400",
          "0.5",
          "99999999999999999999",
          "\"\"",
          "\"\\ud800\"",
          "\"<|end|>\"",
          "[]",
          "{}",
          "[[[]]]",
          "[null]",
          "[0, -1]",
          "{\"type\": \"text\"}",
          "\"\\u0000\"",
          "-0.0");

  private static final String COMPLETION =
      """
      {"model": "test-model", "prompt": ["ab", [65, 66]], "max_tokens": 5, "n": 2,
       "temperature": 1, "top_p": 0.5, "stop": ["x", "yz"], "logit_bias": {"5": 1}, "seed": 3,
       "logprobs": 2, "stream": true, "stream_options": {"include_usage": true},
       "return_token_ids": true, "stop_token_ids": [7], "min_tokens": 1}\
      """;

  private static final String CHAT =
      """
      {"messages": [{"role": "system", "content": "a"},
         {"role": "user", "content": [{"type": "text", "text": "b"}]},
         {"role": "assistant", "content": "c", "reasoning": "d", "tool_calls": [{"id": "e",
            "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
         {"role": "tool", "tool_call_id": "e", "content": "g"}],
       "tools": [{"type": "function", "function": {"name": "f", "description": "h", "parameters":
          {"type": "object", "required": ["i"], "properties": {"i": {"type": "string",
           "enum": ["j"]}, "k": {"type": "array", "items": {"type": "integer"}, "default": [1]},
           "l": {"anyOf": [{"type": "null"}, {"type": "number"}]}}}}}],
       "tool_choice": "auto", "reasoning_effort": "low", "max_completion_tokens": 9,
       "logprobs": true, "top_logprobs": 1, "stream": false, "stop": "z"}\
      """;

  private static GatewayFixture gateway;

  @BeforeAll
  static void start() {
    gateway = new GatewayFixture(request -> Script.of("abcdefghijklmnop<|return|>"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void mutatedRequestIsServedOrRefusedAndNeverBreaksTheServer(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    int served = 0;
    for (int i = 0; i < REQUESTS_PER_SEED; i++) {
      boolean chat = random.nextBoolean();
      byte[] body = mutate((chat ? CHAT : COMPLETION).getBytes(StandardCharsets.UTF_8), random);
      HttpResponse<byte[]> response = post(chat ? "/v1/chat/completions" : "/v1/completions", body);
      int status = response.statusCode();
      assertTrue(
          status == 200 || (status >= 400 && status < 500),
          () ->
              "seed " + seed + ": " + status + " for " + new String(body, StandardCharsets.UTF_8));
      served += status == 200 ? 1 : 0;
    }
    assertTrue(
        served > REQUESTS_PER_SEED / 20 && served < REQUESTS_PER_SEED * 19 / 20,
        served + " were served: the mutations are too strong or too weak");
    assertEquals(200, gateway.get("/health").statusCode());
  }

  private static HttpResponse<byte[]> post(String path, byte[] body)
      throws IOException, InterruptedException {
    return gateway.client.send(
        gateway
            .request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static byte[] mutate(byte[] body, SplittableRandom random) {
    byte[] mutated = body;
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      mutated =
          switch (random.nextInt(4)) {
            case 0 -> withOtherValue(mutated, random);
            case 1 -> withOtherByte(mutated, random);
            case 2 -> withoutPart(mutated, random);
            default -> withPartTwice(mutated, random);
          };
    }
    return mutated;
  }

  /** Puts another value in the place of one, so that most of these are well-formed. */
  private static byte[] withOtherValue(byte[] body, SplittableRandom random) {
    String text = new String(body, StandardCharsets.UTF_8);
    List<Integer> places =
        Pattern.compile("[:\\[,] ?(?=[\\[{\"0-9tf])")
            .matcher(text)
            .results()
            .map(MatchResult::end)
            .toList();
    if (places.isEmpty()) {
      return body;
    }
    int start = places.get(random.nextInt(places.size()));
    int end = valueEnd(text, start);
    String value = VALUES.get(random.nextInt(VALUES.size()));
    return (text.substring(0, start) + value + text.substring(end))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static int valueEnd(String text, int start) {
    int depth = 0;
    boolean quoted = false;
    for (int i = start; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == '[' || c == '{')) {
        depth++;
      } else if (!quoted && (c == ']' || c == '}' || c == ',') && depth == 0) {
        return i;
      } else if (!quoted && (c == ']' || c == '}')) {
        depth--;
      }
    }
    return text.length();
  }

  private static byte[] withOtherByte(byte[] body, SplittableRandom random) {
    byte[] mutated = body.clone();
    if (mutated.length > 0) {
      mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
    }
    return mutated;
  }

  private static byte[] withoutPart(byte[] body, SplittableRandom random) {
    int start = random.nextInt(body.length + 1);
    int end = Math.min(body.length, start + random.nextInt(20));
    byte[] mutated = Arrays.copyOf(body, body.length - (end - start));
    System.arraycopy(body, end, mutated, start, body.length - end);
    return mutated;
  }

  private static byte[] withPartTwice(byte[] body, SplittableRandom random) {
    int start = random.nextInt(body.length + 1);
    int end = Math.min(body.length, start + random.nextInt(20));
    byte[] mutated = Arrays.copyOf(body, body.length + (end - start));
    System.arraycopy(body, start, mutated, end, body.length - start);
    return mutated;
  }
}
