package io.rack72.launcher;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./rack72 serve} as people run it. Where it must refuse, its port is taken by this test:
 * were it opened before everything else is found good, the refusal would be about the port.
 */
final class ServeProcessIT {
  private static final Path GOLDEN =
      Path.of("..", "runtime", "src", "test", "resources", "golden", "tiny").toAbsolutePath();
  private static final String SHARD = "model-00001-of-00002.safetensors";

  private static final Duration REPLY_DEADLINE = Duration.ofMinutes(2);

  @TempDir Path directory;
  private ServerSocket taken;

  @BeforeEach
  void takePort() throws IOException {
    taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void freePort() throws IOException {
    taken.close();
  }

  @Test
  void servesWithoutAnyOptionAndStopsWhenToldWhileItStreams() throws Exception {
    List<String> arguments =
        List.of("serve", "--port", "0", "--json", "--set", "rack72.gateway.stop-grace=200ms");
    try (RackProcess rack = new RackProcess(directory, arguments);
        HttpClient client = HttpClient.newHttpClient()) {
      JsonNode ready = new ObjectMapper().readTree(rack.readLine());
      URI url = URI.create(ready.get("url").textValue());
      assertEquals("rack72-mini", ready.get("model").textValue());
      assertEquals(72, ready.get("gpus").intValue());
      assertEquals(72, ready.get("expert_parallel").intValue());

      awaitWarmUp(client, url);

      HttpResponse<String> reply = client.send(chat(url, 4, false), BodyHandlers.ofString(UTF_8));
      assertEquals(200, reply.statusCode(), reply::body);
      JsonNode usage = new ObjectMapper().readTree(reply.body()).get("usage");
      assertEquals(4, usage.get("completion_tokens").intValue(), reply::body);

      int endless = ready.get("context_limit").intValue() - usage.get("prompt_tokens").intValue();
      HttpResponse<Stream<String>> stream =
          client.send(chat(url, endless, true), BodyHandlers.ofLines());
      assertEquals(200, stream.statusCode());
      try (Stream<String> lines = stream.body()) {
        Iterator<String> events = lines.iterator();
        assertTrue(events.next().startsWith("id: "));
        assertTrue(events.next().startsWith("data: "));
        rack.terminate();
        RackProcess.Ended ended = rack.end();
        // 143 is what a JVM makes of SIGTERM.
        assertTrue(Set.of(0, 143).contains(ended.exitCode()), ended::toString);
        List<String> errors = ended.errors().lines().toList();
        assertEquals(1, errors.size(), ended::errors);
        assertTrue(errors.getFirst().contains("stopping"), ended::errors);
      }
    }
  }

  @Test
  void missingTensorIsNamed() throws IOException {
    Path model = copy();
    // The same length, so that everything else stays where it is.
    replace(
        model.resolve("model.safetensors.index.json"), "model.norm.weight", "model.norm.wrong!");
    for (Path shard : shards(model)) {
      replace(shard, "model.norm.weight", "model.norm.wrong!");
    }

    String sentence = refused(1, serve(model));

    assertTrue(sentence.contains("model.norm.weight"), sentence);
  }

  @Test
  void truncatedFileIsNamed() throws IOException {
    Path model = copy();
    byte[] bytes = Files.readAllBytes(model.resolve(SHARD));
    Files.write(model.resolve(SHARD), Arrays.copyOf(bytes, bytes.length - 1));

    String sentence = refused(1, serve(model));

    assertTrue(sentence.contains(SHARD), sentence);
  }

  @Test
  void fileWithAHeaderOfAnExbibyteIsNamed() throws IOException {
    Path model = copy();
    byte[] bytes = Files.readAllBytes(model.resolve(SHARD));
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 60);
    Files.write(model.resolve(SHARD), bytes);

    String sentence = refused(1, serve(model));

    assertTrue(sentence.contains(SHARD), sentence);
    assertTrue(sentence.contains("1152921504606846976"), sentence);
  }

  @Test
  void modelOfAnotherTypeIsRefused() throws IOException {
    Path model = copy();
    replace(model.resolve("config.json"), "\"gpt_oss\"", "\"llama\"");

    String sentence = refused(1, serve(model));

    assertTrue(sentence.contains("config.json"), sentence);
    assertTrue(sentence.contains("llama"), sentence);
  }

  @Test
  void portInUseIsNamed() throws IOException {
    String sentence = refused(1, serve(GOLDEN));

    assertTrue(sentence.contains(String.valueOf(taken.getLocalPort())), sentence);
  }

  @Test
  void modelThatDoesNotFitTellsHowMuchIsMissing() throws IOException {
    String sentence = refused(1, serve(GOLDEN, "--set", "rack72.gpu.hbm=100KiB"));

    assertTrue(sentence.matches(".*does not fit.*[0-9,]+ are missing.*"), sentence);
  }

  @Test
  void optionThatThereIsNotIsBadUsage() throws IOException {
    String sentence = refused(2, serve(GOLDEN, "--prot", "8000"));

    assertTrue(sentence.contains("--prot"), sentence);
  }

  @Test
  void keyThatThereIsNotIsBadUsage() throws IOException {
    String sentence = refused(2, serve(GOLDEN, "--set", "rack72.exprt-parallel=8"));

    assertTrue(sentence.contains("rack72.exprt-parallel"), sentence);
  }

  private List<String> serve(Path model, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("serve", "--model", model.toString(), "--port", "" + taken.getLocalPort()));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** The only sentence of a process that must end by itself without being ready. */
  private String refused(int exitCode, List<String> arguments) throws IOException {
    try (RackProcess rack = new RackProcess(directory, arguments)) {
      RackProcess.Ended ended = rack.end();
      assertEquals(exitCode, ended.exitCode(), ended::errors);
      assertEquals("", ended.output());
      assertEquals(1, ended.errors().lines().count(), ended::errors);
      assertTrue(ended.errors().startsWith("rack72"), ended::errors);
      return ended.errors();
    }
  }

  /** Waits for the tokens that a server computes before anybody asks for some. */
  private static void awaitWarmUp(HttpClient client, URI url) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(url.resolve("/rack")).build();
    long deadline = System.nanoTime() + REPLY_DEADLINE.toNanos();
    long steps = 0;
    while (steps == 0) {
      assertTrue(System.nanoTime() < deadline, "no GPU has made a step");
      String rack = client.send(request, BodyHandlers.ofString(UTF_8)).body();
      for (JsonNode gpu : new ObjectMapper().readTree(rack).get("gpus")) {
        steps += gpu.get("steps").longValue();
      }
    }
  }

  private static HttpRequest chat(URI url, int tokens, boolean stream) {
    String body =
        """
        {"messages": [{"role": "user", "content": "hello"}], "max_completion_tokens": %d,
         "ignore_eos": true, "stream": %b}
        """
            .formatted(tokens, stream);
    return HttpRequest.newBuilder(url.resolve("/v1/chat/completions"))
        .timeout(REPLY_DEADLINE)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private Path copy() throws IOException {
    Path copy = Files.createDirectory(directory.resolve("model"));
    try (Stream<Path> files = Files.list(GOLDEN)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static List<Path> shards(Path model) throws IOException {
    try (Stream<Path> files = Files.list(model)) {
      return files.filter(file -> file.toString().endsWith(".safetensors")).toList();
    }
  }

  private static void replace(Path file, String old, String replacement) throws IOException {
    String text = Files.readString(file, ISO_8859_1);
    Files.writeString(file, text.replace(old, replacement), ISO_8859_1);
  }
}
