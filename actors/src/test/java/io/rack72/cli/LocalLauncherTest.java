package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.placement.HbmBudget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLauncherTest {
  @TempDir Path directory;
  private final RackLauncher launcher = CommandRun.localLauncher();

  @Test
  void streamThatHasBegunEndsInOrderWhenTheGatewayIsClosed() throws Exception {
    Rack72Config config = config("rack72.gateway.stop-grace = 4 minutes");
    try (RackLauncher.Rack rack = launcher.launch(config, open(config));
        HttpClient http = HttpClient.newHttpClient();
        ExecutorService threads = Executors.newSingleThreadExecutor()) {
      RackLauncher.Gateway gateway = launcher.open(rack, config);
      int port = gateway.url().getPort();
      String body =
          "{\"model\":\"small\",\"prompt\":[1,2],\"max_tokens\":200,\"ignore_eos\":true,"
              + "\"return_token_ids\":true,\"stream\":true}";
      HttpRequest request =
          HttpRequest.newBuilder(gateway.url().resolve("/v1/completions"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body))
              .build();
      try (Stream<String> reply = http.send(request, BodyHandlers.ofLines()).body()) {
        Iterator<String> lines = reply.filter(line -> line.startsWith("data:")).iterator();
        assertTrue(lines.hasNext());
        Future<?> closed = threads.submit(gateway::close);
        String last = "";
        while (lines.hasNext()) {
          last = lines.next();
        }
        assertEquals("data: [DONE]", last);
        closed.get();
      }
      assertThrows(
          IOException.class, () -> new Socket(InetAddress.getLoopbackAddress(), port).close());
    }
  }

  @Test
  void gatewayTakesOnAsManySequencesAsTheRackHolds() throws Exception {
    Rack72Config config =
        config(
            "rack72.data-parallel = 2",
            "rack72.scheduler.max-running = 1",
            "rack72.scheduler.max-waiting = 2");
    try (RackLauncher.Rack rack = launcher.launch(config, open(config));
        HttpClient http = HttpClient.newHttpClient();
        RackLauncher.Gateway gateway = launcher.open(rack, config)) {
      HttpRequest request =
          HttpRequest.newBuilder(gateway.url().resolve("/v1/completions"))
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString("{\"prompt\":[1,2],\"max_tokens\":1,\"n\":7}"))
              .build();
      HttpResponse<String> refused = http.send(request, BodyHandlers.ofString());
      assertEquals(400, refused.statusCode());
      assertTrue(refused.body().contains("7 sequences, and at most 6"), refused.body());
    }
  }

  @Test
  void fastModeGivesTheSameTokensWhicheverKernelsAreChosen() throws Exception {
    String fast = "rack72.numeric-mode=fast";
    String best = choices(config(fast));
    assertEquals(best, choices(config(fast, "rack72.cpu.kernels=java")));
    assertTrue(best.contains("token_ids"), best);
  }

  /** The choices of one greedy reply, logprobs included. */
  private String choices(Rack72Config config) throws Exception {
    try (RackLauncher.Rack rack = launcher.launch(config, open(config));
        HttpClient http = HttpClient.newHttpClient()) {
      try (RackLauncher.Gateway gateway = launcher.open(rack, config)) {
        String body =
            "{\"model\":\"small\",\"prompt\":[1,2,3],\"max_tokens\":20,\"ignore_eos\":true,"
                + "\"temperature\":0,\"logprobs\":2,\"return_token_ids\":true}";
        HttpRequest request =
            HttpRequest.newBuilder(gateway.url().resolve("/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        String reply = http.send(request, BodyHandlers.ofString()).body();
        assertTrue(reply.contains("\"system_fingerprint\":\"fast-"), reply);
        return reply.substring(reply.indexOf("\"choices\""));
      }
    }
  }

  @Test
  void modelIsClosedWithItsRack() {
    Rack72Config config = config("rack72.gateway.stop-grace = 0 s");
    OpenModel model = open(config);
    launcher.launch(config, model).close();
    assertThrows(IllegalStateException.class, () -> model.checkpoint().finalNorm().get(0));
  }

  @Test
  void modelOfARackThatDoesNotStartIsClosed() {
    Rack72Config config = config("rack72.gpu.hbm = 1000");
    OpenModel model = open(config);
    assertThrows(HbmBudget.DoesNotFitException.class, () -> launcher.launch(config, model));
    assertThrows(IllegalStateException.class, () -> model.checkpoint().finalNorm().get(0));
  }

  @Test
  void modelStaysOpenWhileAnActorIsStillAtWork() throws Exception {
    Rack72Config config = config("rack72.gateway.stop-grace = 0 s");
    OpenModel model = open(config);
    RackLauncher.Rack rack = launcher.launch(config, model);
    CountDownLatch atWork = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    ActorRef<String> busy = rack.system().systemActorOf(busy(atWork, done), "busy", Props.empty());
    busy.tell("work");
    atWork.await();
    try {
      // Ends the wait for the actors at once.
      Thread.currentThread().interrupt();
      rack.close();
      assertTrue(Thread.interrupted());
      assertTrue(Float.isFinite(model.checkpoint().finalNorm().get(0)));
    } finally {
      done.countDown();
      rack.system().getWhenTerminated().toCompletableFuture().join();
      model.close();
    }
  }

  private static Behavior<String> busy(CountDownLatch atWork, CountDownLatch done) {
    return Behaviors.receiveMessage(
        work -> {
          atWork.countDown();
          done.await();
          return Behaviors.same();
        });
  }

  private Rack72Config config(String... settings) {
    Path small = directory.resolve("small");
    if (!Files.exists(small)) {
      CommandRun.smallCheckpoint(small);
    }
    ConfigLayers layers =
        ConfigLayers.defaults()
            .rack("hgx-b200")
            .option("--model", "rack72.model.path", small.toString())
            .option("--port", "rack72.gateway.port", 0);
    for (String setting : settings) {
      layers = layers.set(setting);
    }
    return layers.load(new Host(2, Map.of()));
  }

  private OpenModel open(Rack72Config config) {
    return OpenModel.open(config, CommandRun.invocation("", false, launcher));
  }
}
