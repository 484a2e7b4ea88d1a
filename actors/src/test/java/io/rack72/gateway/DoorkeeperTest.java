package io.rack72.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class DoorkeeperTest {
  private static final Tenant WEB = new Tenant("web", 3, OptionalInt.of(9));
  private static final Tenant BATCH = new Tenant("batch", 1, OptionalInt.empty());

  @Test
  void whoHoldsAKeyIsKnownByIt() {
    Doorkeeper door =
        new Doorkeeper(List.of(new ApiKey(WEB, "wéb-1"), new ApiKey(BATCH, "batch-1")));
    assertEquals(WEB, door.identify(Optional.of("Bearer wéb-1")));
    assertEquals(BATCH, door.identify(Optional.of("Bearer batch-1")));
    assertEquals(List.of(WEB, BATCH), door.tenants());
    for (String wrong :
        new String[] {"", "batch-1", "Bearer batch-", "Bearer batch-11", "Bearer "}) {
      assertEquals(
          401, assertThrows(ApiError.class, () -> door.identify(Optional.of(wrong))).status());
    }
    assertThrows(ApiError.class, () -> door.identify(Optional.empty()));
  }

  @Test
  void withoutKeysEverybodyIsOne() {
    Doorkeeper door = new Doorkeeper(List.of());
    assertEquals(Tenant.EVERYBODY, door.identify(Optional.empty()));
    assertEquals(Tenant.EVERYBODY, door.identify(Optional.of("Bearer anything")));
    assertEquals(List.of(Tenant.EVERYBODY), door.tenants());
  }

  @Test
  void keyDoesNotShowItsSecret() {
    assertFalse(new ApiKey(WEB, "s3cret").toString().contains("s3cret"));
  }
}
