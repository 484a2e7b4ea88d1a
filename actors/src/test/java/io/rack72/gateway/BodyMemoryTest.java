package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {
  private static ActorTestKit kit;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void moreThanTheLimitIsNeverTaken() {
    BodyMemory memory = new BodyMemory(10);
    assertTrue(memory.take(6));
    assertFalse(memory.take(5));
    assertEquals(6, memory.takenBytes());
    assertTrue(memory.take(4));
    memory.release(10);
    assertTrue(memory.fits(10));
  }

  @Test
  void bodyThatAnnouncesMoreThanThereIsRoomForIsRefusedUnread() {
    BodyMemory memory = new BodyMemory(100);
    memory.take(60);
    HttpRequest request =
        HttpRequest.create().withEntity(ContentTypes.APPLICATION_JSON, new byte[50]);
    ApiError error = assertThrows(ApiError.class, () -> read(request, memory));
    assertEquals(503, error.status());
    assertEquals(60, memory.takenBytes());
  }

  @Test
  void bodyOfUnknownLengthIsRefusedWhereItOutgrowsTheRoomAndKeepsNothing() {
    BodyMemory memory = new BodyMemory(100);
    memory.take(60);
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> read(chunked(30, 30, 5), memory));
    assertEquals(503, assertInstanceOf(ApiError.class, failure.getCause()).status());
    assertEquals(60, memory.takenBytes());
  }

  @Test
  void bodyThatFitsIsReadAndHoldsItsLength() throws Exception {
    BodyMemory memory = new BodyMemory(100);
    assertEquals(65, read(chunked(30, 30, 5), memory).length);
    assertEquals(65, memory.takenBytes());
  }

  @Test
  void nothingIsHeldWhenRequestsAreOver() {
    try (GatewayFixture gateway =
        new GatewayFixture(request -> ScriptedRouter.Script.of("ok<|return|>"))) {
      String body = "{\"prompt\": \"x\"}" + " ".repeat(7 << 20);
      // Together more than the limit of all bodies.
      for (int i = 0; i < 20; i++) {
        assertEquals(200, gateway.post("/v1/completions", body).statusCode());
        assertEquals(400, gateway.post("/v1/completions", "{").statusCode());
      }
    }
  }

  private static HttpRequest chunked(int... partBytes) {
    List<ByteString> parts =
        Arrays.stream(partBytes).mapToObj(bytes -> ByteString.fromArray(new byte[bytes])).toList();
    return HttpRequest.create()
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, Source.from(parts)));
  }

  private static byte[] read(HttpRequest request, BodyMemory memory) throws Exception {
    return RequestBody.read(request, GatewayLimits.DEFAULT, memory, kit.system())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }
}
