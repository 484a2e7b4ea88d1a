package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.rack72.clock.ManualClock;
import io.rack72.schedule.Standing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServiceFieldsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Tenant WEB = tenant("web");

  private final ManualClock clock = new ManualClock();

  @Test
  void requestThatSaysNothingStandsAsItsTenantAndHasTheServersTime() {
    assertEquals(new ServiceFields(new Standing("web", 3, 0, ""), LIMIT, 0), read("{}"));
  }

  @Test
  void fieldsGoIntoTheStandingAndTheTime() {
    assertEquals(
        new ServiceFields(new Standing("web", 3, -7, "my salt"), Duration.ofMillis(2500), 0),
        read("{\"priority\": -7, \"cache_salt\": \"my salt\", \"timeout\": 2.5}"));
    assertEquals(LIMIT, read("{\"timeout\": 30}").timeout());
  }

  @Test
  void shortestTimeIsAMillisecond() {
    assertEquals(Duration.ofMillis(1), read("{\"timeout\": 1e-9}").timeout());
    assertThrows(ApiError.class, () -> read("{\"timeout\": 1e-99}"));
  }

  @Test
  void timeRunsFromWhenTheBodyHadBeenRead() {
    ServiceFields fields = read("{\"timeout\": 2}");
    clock.advanceTo(1_500_000_000);
    assertEquals(Duration.ofMillis(500), fields.requireTime(clock));
    clock.advanceTo(2_000_000_000);
    assertEquals(504, assertThrows(ApiError.class, () -> fields.requireTime(clock)).status());
    assertEquals(504, assertThrows(ApiError.class, () -> read("{\"timeout\": 2}")).status());
    assertEquals(Duration.ofSeconds(1), read("{\"timeout\": 3}").requireTime(clock));
  }

  @Test
  void noTwoKeysAndSaltsShareAPrefixUnlessTheyMay() {
    GatewaySettings apart = keys().make();
    Set<String> salts = new HashSet<>();
    for (String name : List.of("a", "ab", "1", "11", "3-web", "web")) {
      for (String salt : List.of("", "a", "b", "1", ":", "1:a", "11:a", "web")) {
        salts.add(salt(apart, tenant(name), salt));
      }
    }
    assertEquals(6 * 8, salts.size());
    assertEquals("b", salt(keys().sharedPrefixes().make(), tenant("a"), "b"));
    assertEquals("", salt(new TestSettings().make(), Tenant.EVERYBODY, ""));
  }

  private static TestSettings keys() {
    return new TestSettings().apiKey("web", "k", 3, OptionalInt.empty());
  }

  private static Tenant tenant(String name) {
    return new Tenant(name, 3, OptionalInt.of(9));
  }

  private String salt(GatewaySettings settings, Tenant tenant, String salt) {
    String body = salt.isEmpty() ? "{}" : "{\"cache_salt\": \"" + salt + "\"}";
    return ServiceFields.read(json(body), new Arrival(tenant, 0), settings).standing().cacheSalt();
  }

  private ServiceFields read(String body) {
    GatewaySettings settings = new TestSettings().requestTimeout(LIMIT).clock(clock).make();
    return ServiceFields.read(json(body), new Arrival(WEB, 0), settings);
  }

  private static JsonValue json(String body) {
    return JsonValue.body(body.getBytes(StandardCharsets.UTF_8));
  }
}
