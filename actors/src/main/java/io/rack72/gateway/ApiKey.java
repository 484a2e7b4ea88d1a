package io.rack72.gateway;

/**
 * A key that lets a tenant in.
 *
 * @param secret that clients send as {@code Authorization: Bearer SECRET}
 */
public record ApiKey(Tenant tenant, String secret) {
  public ApiKey {
    if (secret.isBlank()) {
      throw new IllegalArgumentException("an API key must not be empty");
    }
  }

  /** Everything but the secret, which belongs in no log. */
  @Override
  public String toString() {
    return "ApiKey[" + tenant + "]";
  }
}
