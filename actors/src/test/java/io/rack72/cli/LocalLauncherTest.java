package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLauncherTest {
  @TempDir Path directory;

  @Test
  void streamThatHasBegunEndsInOrderWhenTheGatewayIsClosed() throws Exception {
    Path model = CommandRun.smallCheckpoint(directory.resolve("small"));
    Rack72Config config =
        ConfigLayers.defaults()
            .rack("hgx-b200")
            .option("--model", "rack72.model.path", model.toString())
            .option("--port", "rack72.gateway.port", 0)
            .set("rack72.gateway.stop-grace = 4 minutes")
            .load(new Host(2, Map.of()));
    RackLauncher launcher = CommandRun.localLauncher();
    Invocation invocation = CommandRun.invocation("", false, directory, launcher);
    try (OpenModel open =
            OpenModel.open(config.model(), invocation, new PrintWriter(Writer.nullWriter()));
        RackLauncher.Rack rack = launcher.launch(config, open);
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
}
