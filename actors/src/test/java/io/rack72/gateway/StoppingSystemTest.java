package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.resume.StreamMessage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request that comes when nothing can be started any more is answered all the same. */
@Timeout(60)
class StoppingSystemTest {
  @Test
  void requestIsAnsweredAndItsReplyIsOver() throws Exception {
    ActorTestKit kit = ActorTestKit.create();
    Routes routes =
        new Routes(
            kit.system(),
            new TestSettings().load(new LoadLimits(1, 100, 1)).make(),
            GatewayFixture.model(Optional.of(new ByteTokenizer())),
            kit.spawn(
                ScriptedRouter.create(
                    request -> ScriptedRouter.Script.of("Hi"),
                    kit.createTestProbe().ref().narrow())),
            kit.spawn(GatewayFixture.rack(Optional.empty())),
            kit.createTestProbe(StreamMessage.class).ref());
    AtomicBoolean hungUp = new AtomicBoolean();
    ClientConnection client =
        new ClientConnection(kit.system(), Duration.ofMinutes(1), () -> hungUp.set(true));
    client.replyBegins();
    kit.shutdownTestKit();

    // The second one finds the only place free again.
    for (int i = 0; i < 2; i++) {
      HttpResponse response =
          routes
              .answer(
                  HttpRequest.POST("/v1/completions")
                      .withEntity(ContentTypes.APPLICATION_JSON, "{\"prompt\": \"x\"}"),
                  client)
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
      assertEquals(500, response.status().intValue());
    }
    client.asksNoMore();
    client.replyEnds();
    assertTrue(hungUp.get(), "no reply is left that is still being made");
  }
}
