package io.rack72.gateway;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/** Tells whose request it is by the key that it brings. Immutable. */
final class Doorkeeper {
  private static final String SCHEME = "Bearer ";

  private record Entry(byte[] authorization, Tenant tenant) {}

  private final List<Entry> entries;

  /**
   * @param keys of which a client must bring one; none lets everybody in
   */
  Doorkeeper(List<ApiKey> keys) {
    entries =
        keys.stream().map(key -> new Entry(bytes(SCHEME + key.secret()), key.tenant())).toList();
  }

  /** All who may come. */
  List<Tenant> tenants() {
    return entries.isEmpty()
        ? List.of(Tenant.EVERYBODY)
        : entries.stream().map(Entry::tenant).toList();
  }

  /**
   * Whose request it is.
   *
   * @param authorization the request's header of that name
   * @throws ApiError 401 where it has no key that is known
   */
  Tenant identify(Optional<String> authorization) {
    if (entries.isEmpty()) {
      return Tenant.EVERYBODY;
    }
    byte[] given = bytes(authorization.orElse(""));
    Tenant found = null;
    // Every key is looked at, and each comparison takes as long wherever the two differ, so that
    // the time tells nothing of the keys.
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.authorization(), given)) {
        found = entry.tenant();
      }
    }
    if (found == null) {
      throw ApiError.unauthorized();
    }
    return found;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
