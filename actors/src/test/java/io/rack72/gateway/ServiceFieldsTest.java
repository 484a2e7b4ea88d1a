package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.schedule.Standing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ServiceFieldsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Tenant WEB = new Tenant("web", 3, OptionalInt.of(9));

  @Test
  void requestThatSaysNothingStandsAsItsTenantAndHasTheServersTime() {
    assertEquals(new ServiceFields(new Standing("web", 3, 0, ""), LIMIT), read("{}"));
  }

  @Test
  void fieldsGoIntoTheStandingAndTheTime() {
    assertEquals(
        new ServiceFields(new Standing("web", 3, -7, "my salt"), Duration.ofMillis(2500)),
        read("{\"priority\": -7, \"cache_salt\": \"my salt\", \"timeout\": 2.5}"));
    assertEquals(LIMIT, read("{\"timeout\": 30}").timeout());
  }

  @Test
  void shortestTimeIsAMillisecond() {
    assertEquals(Duration.ofMillis(1), read("{\"timeout\": 1e-9}").timeout());
    assertThrows(ApiError.class, () -> read("{\"timeout\": 1e-99}"));
  }

  private static ServiceFields read(String body) {
    return ServiceFields.read(JsonValue.body(body.getBytes(StandardCharsets.UTF_8)), WEB, LIMIT);
  }
}
