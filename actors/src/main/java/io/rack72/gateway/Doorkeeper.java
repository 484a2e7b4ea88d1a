package io.rack72.gateway;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells whose request it is by the key that it brings. Immutable.
 *
 * <p>Only digests of the keys are kept and looked up. How long a look-up takes may tell how alike
 * two digests are, which tells nothing of the keys; and it does not grow with the number of keys.
 */
final class Doorkeeper {
  private static final String SCHEME = "Bearer ";

  /** By the digest of the header that brings the key; in the order of the keys. */
  private final Map<ByteBuffer, Tenant> tenants = new LinkedHashMap<>();

  /**
   * @param keys of which a client must bring one; none lets everybody in
   */
  Doorkeeper(List<ApiKey> keys) {
    keys.forEach(key -> tenants.put(digest(SCHEME + key.secret()), key.tenant()));
  }

  /** All who may come. */
  List<Tenant> tenants() {
    return tenants.isEmpty() ? List.of(Tenant.EVERYBODY) : List.copyOf(tenants.values());
  }

  /**
   * Whose request it is.
   *
   * @param authorization the request's header of that name
   * @throws ApiError 401 where it has no key that is known
   */
  Tenant identify(Optional<String> authorization) {
    if (tenants.isEmpty()) {
      return Tenant.EVERYBODY;
    }
    Tenant found = tenants.get(digest(authorization.orElse("")));
    if (found == null) {
      throw ApiError.unauthorized();
    }
    return found;
  }

  private static ByteBuffer digest(String text) {
    try {
      return ByteBuffer.wrap(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)))
          .asReadOnlyBuffer();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
