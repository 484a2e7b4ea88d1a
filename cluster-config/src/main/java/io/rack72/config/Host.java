package io.rack72.config;

import java.util.Map;

/**
 * The machine that a configuration is for, as far as it decides a setting. Given, not read, so that
 * a configuration depends on nothing hidden.
 *
 * @param processors cores that this JVM may use
 * @param environment variables that a {@code ${?NAME}} can refer to
 */
public record Host(int processors, Map<String, String> environment) {
  public Host {
    if (processors < 1) {
      throw new IllegalArgumentException("a host has at least one core, not " + processors);
    }
    environment = Map.copyOf(environment);
  }

  /** The machine that this JVM runs on. */
  public static Host current() {
    return new Host(Runtime.getRuntime().availableProcessors(), System.getenv());
  }

  /** Values of variables, some of which are secret, are left out. */
  @Override
  public String toString() {
    return "Host[" + processors + " processors]";
  }
}
