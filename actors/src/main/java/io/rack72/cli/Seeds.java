package io.rack72.cli;

import java.security.SecureRandom;

/** Seeds for requests that bring none. */
final class Seeds {
  private Seeds() {}

  /** A seed from 0 to 2^53 - 1, which every reader of JSON takes in exactly. */
  static long draw() {
    return new SecureRandom().nextLong() >>> 11;
  }
}
