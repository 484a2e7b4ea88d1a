package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rack72.metrics.RequestMetrics;
import io.rack72.resume.StreamMessage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream whose owner breaks down in its midst is no stream that has ended. */
@Timeout(60)
class BrokenOwnerTest {
  private ActorTestKit kit;

  @BeforeEach
  void start() {
    kit = ActorTestKit.create();
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void streamFailsAndItsPlaceIsLeft() throws Exception {
    GatewaySettings settings = new TestSettings().make();
    RequestShares shares = new RequestShares(settings.load(), 1 << 20, List.of(Tenant.EVERYBODY));
    GenerateRoute route =
        new GenerateRoute(
            kit.system(),
            settings,
            kit.spawn(
                ScriptedRouter.create(
                    request -> ScriptedRouter.Script.of("Hi"),
                    kit.createTestProbe().ref().narrow())),
            kit.createTestProbe(StreamMessage.class).ref(),
            shares,
            new RequestMetrics(settings.clock()));
    CompletionEndpoint endpoint =
        new CompletionEndpoint(
            new Admission(GatewayFixture.model(Optional.of(new ByteTokenizer())), settings));
    HttpResponse response =
        await(
            route.answer(
                HttpRequest.POST("/v1/completions")
                    .withEntity(
                        ContentTypes.APPLICATION_JSON, "{\"prompt\": \"x\", \"stream\": true}"),
                new ClientConnection(kit.system(), Duration.ofMinutes(1), () -> {}),
                Tenant.EVERYBODY,
                (body, arrival) -> breaking(endpoint.read(body, arrival))));
    CompletionStage<Done> read =
        response.entity().getDataBytes().runWith(Sink.ignore(), kit.system());
    assertThrows(ExecutionException.class, () -> await(read));
    assertEquals(0, shares.sequences());
  }

  /** The same, but nothing of it can be written: an error that its owner does not survive. */
  private static Generation breaking(Generation generation) {
    ReplyFormat format =
        new ReplyFormat() {
          @Override
          public ReplyHeader header() {
            return generation.format().header();
          }

          @Override
          public ObjectNode chunk(int choice, ChoiceDelta delta) {
            throw new BrokenFormat();
          }

          @Override
          public ObjectNode usageChunk(Usage usage) {
            throw new BrokenFormat();
          }

          @Override
          public ObjectNode whole(List<ChoiceDelta> choices, Usage usage) {
            throw new BrokenFormat();
          }
        };
    return new Generation(
        generation.id(),
        generation.sequences(),
        format,
        generation.options(),
        generation.service(),
        generation.promptTokens());
  }

  private static final class BrokenFormat extends Error {
    private static final long serialVersionUID = 1;
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
