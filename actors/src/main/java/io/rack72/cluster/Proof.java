package io.rack72.cluster;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Shows that somebody knows the rack's secret without telling it: an HMAC-SHA256 (RFC 2104) of what
 * the other side chose. Without a secret it shows nothing. Immutable; thread-safe.
 */
final class Proof {
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  /**
   * @param secret of the rack; empty where it has none
   */
  Proof(String secret) {
    // An HMAC's key cannot be empty; a rack without a secret is open to all that reach it.
    key = new SecretKeySpec(("rack72:" + secret).getBytes(StandardCharsets.UTF_8), ALGORITHM);
  }

  /**
   * A proof.
   *
   * @param role of the one that proves, so that a proof cannot be sent back
   * @param challenge of the other side
   */
  byte[] of(String role, byte[] challenge) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(role.getBytes(StandardCharsets.UTF_8));
      mac.update((byte) 0);
      return mac.doFinal(challenge);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }

  /** Whether a proof is right; takes as long for a wrong one. */
  boolean holds(byte[] proof, String role, byte[] challenge) {
    return MessageDigest.isEqual(of(role, challenge), proof);
  }
}
