package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.rack72.gateway.ScriptedRouter.Script;
import io.rack72.routing.RouterActor;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GatewayTest {
  private static final String KEY = "sesame-1234";
  private static GatewayFixture gateway;
  private static GatewayFixture locked;

  // A system has one gateway.
  private ActorTestKit another;

  @BeforeAll
  static void start() {
    gateway = new GatewayFixture(request -> Script.of("ok<|return|>"));
    locked =
        new GatewayFixture(
            withApiKey(), Optional.of(new ByteTokenizer()), request -> Script.of("ok<|return|>"));
  }

  @AfterAll
  static void stop() {
    gateway.close();
    locked.close();
  }

  @BeforeEach
  void startAnother() {
    another = ActorTestKit.create();
  }

  @AfterEach
  void stopAnother() {
    another.shutdownTestKit();
  }

  private static GatewaySettings withApiKey() {
    return new TestSettings().apiKey("default", KEY, 1, OptionalInt.empty()).make();
  }

  @Test
  void modelsAreListedAndFoundByName() {
    JsonNode list = GatewayFixture.json(gateway.get("/v1/models"));
    assertEquals("list", list.get("object").asText());
    JsonNode model = list.at("/data/0");
    assertEquals("test-model", model.get("id").asText());
    assertEquals("model", model.get("object").asText());
    assertEquals(GatewayFixture.CREATED - 1000, model.get("created").asLong());
    assertTrue(model.get("owned_by").isTextual());
    assertEquals(model, GatewayFixture.json(gateway.get("/v1/models/test-model")));
    JsonNode error = GatewayFixture.json(gateway.get("/v1/models/openai/gpt-9")).get("error");
    assertEquals("model_not_found", error.get("code").asText());
    assertTrue(error.get("message").asText().contains("openai/gpt-9"));
  }

  @Test
  void versionIsTold() {
    HttpResponse<String> response = gateway.get("/version");
    assertEquals("{\"version\":\"1.2.3\"}", response.body());
    assertEquals("rack72/1.2.3", response.headers().firstValue("Server").orElse(""));
  }

  @Test
  void rackIsToldGpuByGpu() {
    JsonNode rack = GatewayFixture.json(gateway.get("/rack"));
    assertEquals("gb200-nvl72", rack.get("rack").asText());
    JsonNode gpu = rack.at("/gpus/0");
    assertEquals(0, gpu.get("tray").asInt());
    assertEquals(32, gpu.get("experts").asInt());
    assertEquals(1000, gpu.get("hbm_used_bytes").asLong());
    assertEquals(2000, gpu.get("hbm_limit_bytes").asLong());
    assertEquals(4, gpu.at("/kv_full/used").asInt());
    assertEquals(7, gpu.at("/kv_sliding/free").asInt());
    assertEquals(2, gpu.get("sequences_running").asInt());
    assertEquals(11, gpu.at("/port/sent_bytes").asLong());
    assertEquals(22, gpu.at("/port/received_bytes").asLong());
  }

  @Test
  void healthIsThatOfTheRack() {
    assertEquals(200, gateway.get("/health").statusCode());
    var sick = another.spawn(GatewayFixture.rack(Optional.of("tray 3 is gone")));
    TestProbe<RouterActor.Command> router = another.createTestProbe();
    ServerBinding binding =
        Gateway.bind(
                another.system(),
                GatewayFixture.settings(),
                GatewayFixture.model(Optional.empty()),
                router.getRef(),
                sick)
            .toCompletableFuture()
            .join();
    HttpResponse<String> response =
        gateway.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + binding.localAddress().getPort() + "/health"))
                .build());
    assertEquals(503, response.statusCode());
    assertTrue(response.body().contains("tray 3 is gone"), response.body());
    binding.unbind().toCompletableFuture().join();
  }

  @Test
  void portInUseIsSaidInOneSentence() {
    GatewaySettings taken = new TestSettings().port(gateway.port).make();
    TestProbe<RouterActor.Command> router = another.createTestProbe();
    CompletionException failure =
        assertThrows(
            CompletionException.class,
            () ->
                Gateway.bind(
                        another.system(),
                        taken,
                        GatewayFixture.model(Optional.empty()),
                        router.getRef(),
                        another.spawn(GatewayFixture.rack(Optional.empty())))
                    .toCompletableFuture()
                    .join());
    CannotListenException cause = assertInstanceOf(CannotListenException.class, failure.getCause());
    assertTrue(cause.getMessage().contains("127.0.0.1:" + gateway.port), cause.getMessage());
    assertTrue(cause.getMessage().contains("the port is in use"), cause.getMessage());
  }

  @Test
  void addressOfAnotherMachineIsSaidToBeThat() {
    // An address that is set aside for documentation, so no machine has it.
    assertTrue(refusalToListenOn("192.0.2.1").contains("is not this machine's"));
  }

  @Test
  void hostThatCannotBeResolvedIsSaidToBeThat() {
    String message = refusalToListenOn("no-such-host.invalid");
    assertTrue(message.contains("name is not known"), message);
  }

  private String refusalToListenOn(String host) {
    GatewaySettings settings = new TestSettings().host(host).make();
    TestProbe<RouterActor.Command> router = another.createTestProbe();
    CompletionException failure =
        assertThrows(
            CompletionException.class,
            () ->
                Gateway.bind(
                        another.system(),
                        settings,
                        GatewayFixture.model(Optional.empty()),
                        router.getRef(),
                        another.spawn(GatewayFixture.rack(Optional.empty())))
                    .toCompletableFuture()
                    .join());
    return assertInstanceOf(CannotListenException.class, failure.getCause()).getMessage();
  }

  @Test
  void requestsWithoutTheKeyAreRefused() {
    for (String path : new String[] {"/v1/models", "/rack", "/v1/models/test-model"}) {
      assertEquals(401, locked.get(path).statusCode(), path);
      for (String wrong : new String[] {"Bearer " + KEY + "x", "Bearer ", KEY, "Basic " + KEY}) {
        HttpResponse<String> response = get(path, wrong);
        assertEquals(401, response.statusCode(), wrong);
        assertEquals("invalid_api_key", GatewayFixture.json(response).at("/error/code").asText());
      }
      assertEquals(200, get(path, "Bearer " + KEY).statusCode());
    }
    assertEquals(401, locked.post("/v1/completions", "{\"prompt\": \"x\"}").statusCode());
    assertEquals(200, locked.get("/health").statusCode(), "health is for everyone");
  }

  @Test
  void settingsDoNotShowTheKey() {
    assertFalse(withApiKey().toString().contains(KEY));
  }

  private static HttpResponse<String> get(String path, String authorization) {
    return locked.send(locked.request(path).header("Authorization", authorization).build());
  }
}
