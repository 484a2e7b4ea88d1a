package io.rack72.cluster;

import java.util.List;

/**
 * What a JVM is in a rack.
 *
 * @param words of the command line
 */
record Role(List<String> words) {
  Role {
    words = List.copyOf(words);
  }

  /**
   * Trays only.
   *
   * @param list such as {@code 0-3,7}
   */
  static Role trays(String list) {
    return new Role(List.of("tray", "--trays", list));
  }

  /** Trays and a gateway, on a port that is free. */
  static Role traysAndGateway(String list) {
    return new Role(List.of("tray", "--trays", list, "--gateway", "--port", "0"));
  }

  /** A gateway only, on a port that is free. */
  static Role gateway() {
    return new Role(List.of("gateway", "--port", "0"));
  }
}
