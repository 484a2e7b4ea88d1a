package io.rack72.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.RopeScaling;
import io.rack72.fabric.PortCounters;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.gpu.GpuStatus;
import io.rack72.gpu.SequenceRequest;
import io.rack72.rack.NodeActor;
import io.rack72.rack.NodeStatus;
import io.rack72.rack.RackStatus;
import io.rack72.rack.ServedModel;
import io.rack72.resume.StreamMessage;
import io.rack72.routing.RouterActor;
import io.rack72.text.Tokenizer;
import io.rack72.wire.TrunkStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.ServerBinding;

/** A gateway on a free port, before a rack that follows a script. */
final class GatewayFixture implements AutoCloseable {
  static final long CREATED = 1_760_000_000;
  static final int CONTEXT_LIMIT = 2000;
  static final RackStatus RACK =
      new RackStatus(
          "gb200-nvl72",
          18,
          List.of(16, 17),
          "test-model",
          "scalar",
          1,
          1,
          7,
          "ok",
          List.of(
              new NodeStatus(
                  "10.0.0.1:7272",
                  true,
                  42,
                  "http://10.0.0.1:8000",
                  List.of(new NodeStatus.Tray(0, 7)),
                  List.of(1),
                  List.of("10.0.0.3:7272"),
                  8,
                  List.of(new TrunkStatus("10.0.0.2:7272", 1, 2, 3, 4, 5, 6, 7)))),
          List.of(
              new GpuStatus(
                  0,
                  0,
                  32,
                  1000,
                  2000,
                  new GpuStatus.Blocks(10, 4, 6, 2, 5),
                  new GpuStatus.Blocks(8, 1, 7, 3, 4),
                  2,
                  1,
                  6,
                  3,
                  99,
                  700,
                  70,
                  8,
                  List.of(5),
                  new PortCounters(11, 22, 1, 2, 3, false))));

  final ActorTestKit kit = ActorTestKit.create();
  final TestProbe<RouterActor.Command> routed = kit.createTestProbe();
  private final ActorRef<RouterActor.Command> router;
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final int port;
  private final List<SequenceRequest> submitted = new CopyOnWriteArrayList<>();
  private final ServerBinding binding;
  private boolean killed;

  GatewayFixture(
      GatewaySettings settings,
      Optional<Tokenizer> tokenizer,
      Function<SequenceRequest, Script> scripts) {
    this(settings, Duration.ofMinutes(1), tokenizer, scripts);
  }

  GatewayFixture(
      GatewaySettings settings,
      Duration idleLimit,
      Optional<Tokenizer> tokenizer,
      Function<SequenceRequest, Script> scripts) {
    router =
        kit.spawn(
            ScriptedRouter.create(
                request -> {
                  submitted.add(request);
                  return scripts.apply(request);
                },
                routed.getRef()));
    binding =
        Gateway.bind(
                kit.system(),
                settings,
                idleLimit,
                model(tokenizer),
                router,
                kit.spawn(rack(Optional.empty())))
            .toCompletableFuture()
            .join();
    port = binding.localAddress().getPort();
  }

  GatewayFixture(Function<SequenceRequest, Script> scripts) {
    this(settings(), Optional.of(new ByteTokenizer()), scripts);
  }

  static GatewaySettings settings() {
    return new TestSettings().make();
  }

  /** Settings that send comments often and wait only a moment for a body. */
  static GatewaySettings impatientSettings() {
    Duration moment = Duration.ofMillis(50);
    return new TestSettings()
        .bodyTimeout(moment)
        .streams(
            new StreamLimits(
                StreamLimits.DEFAULT.unreadTokens(),
                StreamLimits.DEFAULT.stuckReaderTimeout(),
                moment))
        .make();
  }

  static ServedModel model(Optional<Tokenizer> tokenizer) {
    ModelConfig config =
        new ModelConfig(
            tokenizer.map(Tokenizer::vocabularySize).orElse(512),
            64,
            List.of(true, false),
            4,
            2,
            16,
            8,
            4,
            64,
            128,
            131072,
            1e-5f,
            150000,
            new RopeScaling(32, 32, 1, 4096, false),
            7);
    return new ServedModel(
        "test-model",
        config,
        Set.of(ByteTokenizer.RETURN, ByteTokenizer.CALL),
        tokenizer,
        CONTEXT_LIMIT,
        "fp-1",
        ServedModel.SamplingDefaults.PLAIN,
        CREATED - 1000);
  }

  static Behavior<NodeActor.Command> rack(Optional<String> trouble) {
    return Behaviors.receiveMessage(
        command -> {
          switch (command) {
            case NodeActor.Report(ActorRef<RackStatus> replyTo) -> replyTo.tell(RACK);
            case NodeActor.FollowGateways(_) -> {}
            case NodeActor.Health(ActorRef<Optional<String>> replyTo) -> replyTo.tell(trouble);
            default -> throw new AssertionError("a gateway does not send " + command);
          }
          return Behaviors.same();
        });
  }

  /** All sequences that the rack was asked for. */
  List<SequenceRequest> submitted() {
    return List.copyOf(submitted);
  }

  /** The sequences that the rack was asked for with this prompt, in order of their choice. */
  List<SequenceRequest> submittedFor(String prompt) {
    return submitted.stream()
        .filter(request -> new ByteTokenizer().decode(request.promptIds()).equals(prompt))
        .sorted(Comparator.comparing(SequenceRequest::id))
        .toList();
  }

  /** Who keeps the streams of this gateway. */
  ActorRef<StreamMessage> streams() {
    return ActorRefResolver.get(kit.system())
        .resolveActorRef("pekko://%s/system/streams".formatted(kit.system().name()));
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  HttpResponse<String> get(String path) {
    return send(request(path).build());
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  /** The answer to a request that must succeed. */
  JsonNode answer(String path, String body) {
    HttpResponse<String> response = post(path, body);
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    return json(response);
  }

  /** The data of all events of a stream, the last of which says that it is done. */
  List<JsonNode> events(String path, String body) {
    List<String> data = data(post(path, body).body());
    if (!data.getLast().equals("[DONE]")) {
      throw new AssertionError("the stream ended with " + data.getLast());
    }
    return data.subList(0, data.size() - 1).stream()
        .map(line -> Json.parse(line.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  /** The data of server-sent events that have one line each. */
  static List<String> data(String stream) {
    List<String> data = new ArrayList<>();
    for (String lines : stream.split("\n\n", -1)) {
      String event = lines.startsWith("id: ") ? lines.substring(lines.indexOf('\n') + 1) : lines;
      if (event.startsWith("data: ")) {
        data.add(event.substring("data: ".length()));
      } else if (!event.isEmpty() && !event.startsWith(":")) {
        throw new AssertionError("no event: " + event);
      }
    }
    return data;
  }

  static JsonNode json(HttpResponse<String> response) {
    return Json.parse(response.body().getBytes(StandardCharsets.UTF_8));
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError("the server did not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Its node is out of the rack and about to stop. */
  void loseRouter() {
    kit.stop(router);
  }

  /** Ends the gateway and all that it is doing at once. */
  void kill() {
    killed = true;
    kit.shutdownTestKit();
  }

  @Override
  public void close() {
    client.shutdownNow();
    if (!killed) {
      binding.unbind().toCompletableFuture().join();
      kit.shutdownTestKit();
    }
  }
}
