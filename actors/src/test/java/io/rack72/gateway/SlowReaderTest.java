package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.routing.RouterActor;
import io.rack72.schedule.SequenceId;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that reads slowly, or not at all, holds up nobody but itself. */
@Timeout(60)
class SlowReaderTest {
  private static final int CHOICES = 16;
  private static final int TOKENS = 1500;
  private static final int RECEIVE_BYTES = 4096;

  /** Logprobs make so many bytes of each token that no buffer of the system holds the reply. */
  private static final String LARGE =
      """
      {"prompt": "x", "n": %d, "max_tokens": %d, "ignore_eos": true, "stream": true, \
      "logprobs": 20, "return_token_ids": true}\
      """
          .formatted(CHOICES, TOKENS);

  @Test
  void sequencesOfASlowReaderArePausedAndNothingIsLost() throws IOException {
    try (GatewayFixture gateway = gateway(Duration.ZERO, Duration.ofMinutes(1));
        RawClient client = new RawClient(gateway.port, RECEIVE_BYTES).post(LARGE)) {
      awaitEach(gateway, command -> command instanceof RouterActor.Pause(var id) ? id : null);
      int[] tokens = new int[CHOICES];
      String line = client.awaitLine("data: ");
      while (!line.equals("data: [DONE]")) {
        JsonNode event = Json.parse(line.substring(6).getBytes(StandardCharsets.UTF_8));
        JsonNode choice = event.at("/choices/0");
        tokens[choice.get("index").asInt()] += choice.get("token_ids").size();
        line = client.awaitLine("data: ");
      }
      int[] whole = new int[CHOICES];
      Arrays.fill(whole, TOKENS);
      assertEquals(Arrays.toString(whole), Arrays.toString(tokens));
    }
  }

  @Test
  void readerThatStaysStuckIsCutOffAndItsWorkFreed() throws IOException {
    // The rack takes time for its steps, so that most of the reply is not there yet when it is
    // paused.
    try (GatewayFixture gateway = gateway(Duration.ofMillis(1), Duration.ofMillis(200));
        RawClient client = new RawClient(gateway.port, RECEIVE_BYTES).post(LARGE)) {
      awaitEach(gateway, command -> command instanceof RouterActor.Cancel(var id) ? id : null);
      // The one place there is becomes free, though the client neither reads nor goes.
      int status = 0;
      while (status != 200) {
        status =
            gateway.post("/v1/completions", "{\"prompt\": \"x\", \"max_tokens\": 1}").statusCode();
        assertTrue(status == 200 || status == 503, "status " + status);
      }
      assertFalse(endsInOrder(client));
    }
  }

  /** Reads all that still comes. */
  private static boolean endsInOrder(RawClient client) throws IOException {
    try {
      String line = client.readLine();
      while (line != null) {
        if (line.equals("data: [DONE]")) {
          return true;
        }
        line = client.readLine();
      }
    } catch (SocketException e) {
      // The server has reset the connection.
    }
    return false;
  }

  private static GatewayFixture gateway(Duration step, Duration stuckReaderTimeout) {
    int[] tokens = new int[TOKENS];
    Arrays.fill(tokens, 'a');
    return new GatewayFixture(
        new TestSettings()
            .load(new LoadLimits(CHOICES, 1000, 1))
            .streams(new StreamLimits(64, stuckReaderTimeout, Duration.ofSeconds(10)))
            .make(),
        Optional.of(new ByteTokenizer()),
        request -> Script.of(tokens).inStepsOf(step));
  }

  /** Waits until the router has been told this of every choice. */
  private static void awaitEach(
      GatewayFixture gateway, Function<RouterActor.Command, SequenceId> told) {
    Set<Integer> choices = new HashSet<>();
    while (choices.size() < CHOICES) {
      SequenceId id = told.apply(gateway.routed.receiveMessage(Duration.ofSeconds(60)));
      if (id != null) {
        choices.add(id.choice());
      }
    }
  }
}
