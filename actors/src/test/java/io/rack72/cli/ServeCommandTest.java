package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.config.Rack72Config;
import io.rack72.model.ForwardObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  @TempDir static Path directory;
  private static String model;

  @BeforeAll
  static void makeModel() {
    model = CommandRun.smallCheckpoint(directory.resolve("small")).toString();
  }

  @Test
  void portInUseIsOneSentence() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      CommandRun run = serve(CommandRun.localLauncher(), model, "--port", Integer.toString(port));
      assertEquals(1, run.exitCode());
      assertEquals(1, run.err().lines().count(), run.err());
      assertTrue(run.err().contains("127.0.0.1:" + port), run.err());
      assertEquals("", run.out());
    }
  }

  @Test
  void readyLineIsTrueAndTheEndOfTheRackIsAFailure() throws IOException {
    DyingRack launcher = new DyingRack();
    CommandRun run = serve(launcher, model, "--port", "0", "--json");
    assertEquals(200, launcher.status, "it served when it said so");
    assertEquals(1, run.exitCode());
    assertTrue(run.err().contains("the rack has stopped by itself"), run.err());
    JsonNode ready = Json.read(run.out());
    assertEquals("small", ready.get("model").asText());
    assertEquals(launcher.url.toString(), ready.get("url").asText());
    assertEquals(8, ready.get("gpus").asInt());
    assertEquals(512, ready.get("context_limit").asInt());
    assertTrue(ready.get("kernels").asText().matches("vector-\\d+"), ready.toString());
    int port = launcher.url.getPort();
    assertThrows(
        IOException.class, () -> new Socket(InetAddress.getLoopbackAddress(), port).close());
  }

  @Test
  void brokenCheckpointIsRefusedBeforeAnythingStarts(@TempDir Path empty) {
    DyingRack launcher = new DyingRack();
    CommandRun run = serve(launcher, empty.toString());
    assertEquals(1, run.exitCode());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("config.json"), run.err());
    assertFalse(launcher.launched);
  }

  private static CommandRun serve(RackLauncher launcher, String model, String... args) {
    return CommandRun.of(
        CommandRun.invocation("", false, launcher),
        Stream.concat(Stream.of("serve", "--model", model, "--rack", "hgx-b200"), Stream.of(args))
            .toArray(String[]::new));
  }

  /** Starts real racks, looks whether the gateway serves, and then lets the rack die. */
  private static final class DyingRack implements RackLauncher {
    private final RackLauncher local = CommandRun.localLauncher();
    private boolean launched;
    private int status;
    private URI url;

    @Override
    public Rack launch(Rack72Config config, OpenModel model, ForwardObserver observer) {
      launched = true;
      return local.launch(config, model, observer);
    }

    @Override
    public Gateway open(Rack rack, Rack72Config config) {
      Gateway gateway = local.open(rack, config);
      url = gateway.url();
      try (HttpClient http = HttpClient.newHttpClient()) {
        HttpRequest health = HttpRequest.newBuilder(url.resolve("/health")).build();
        HttpResponse<Void> response = http.send(health, BodyHandlers.discarding());
        status = response.statusCode();
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
      ActorSystem<?> system = rack.system();
      system.terminate();
      return gateway;
    }
  }
}
