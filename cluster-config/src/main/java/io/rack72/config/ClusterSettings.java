package io.rack72.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the JVMs of a rack find, trust and lose each other. Immutable; printing it shows no secret.
 *
 * @param name of the rack, 1 to 64 letters, digits, '-' or '_', a letter or digit first
 * @param host by which other nodes reach this one: a name or a literal address, IPv6 without
 *     brackets
 * @param port by which other nodes reach this one; 0 for any free one
 * @param bindHost that is listened on
 * @param bindPort that is listened on; 0 for any free one
 * @param join nodes that are in the rack already; empty begins a new rack
 * @param secret shared by all nodes of the rack
 * @param tlsDirectory with ca.crt, tls.crt and tls.key; empty for connections without TLS
 * @param timing how soon a silent node is given up
 * @param startTrays trays with which a new rack begins to serve, at least 1
 * @param joinTimeout within which this node must be in the rack
 * @param warmUp how long a node that joins a rack that runs computes by itself before, at most; may
 *     be zero
 * @param leaveTimeout in which a node that was told to stop hands over its work; may be zero
 * @param trunkWindowBytes on their way from one JVM to another that were not acknowledged
 */
public record ClusterSettings(
    String name,
    String host,
    int port,
    String bindHost,
    int bindPort,
    List<HostPort> join,
    Optional<Secret> secret,
    Optional<Path> tlsDirectory,
    ClusterTiming timing,
    int startTrays,
    Duration joinTimeout,
    Duration warmUp,
    Duration leaveTimeout,
    long trunkWindowBytes) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");

  public ClusterSettings {
    join = List.copyOf(join);
    if (!isName(name)) {
      throw new IllegalArgumentException("not the name of a rack: " + name);
    }
    if (!HostPort.isHost(host)
        || !HostPort.isHost(bindHost)
        || port < 0
        || port > 65_535
        || bindPort < 0
        || bindPort > 65_535) {
      throw new IllegalArgumentException(
          "not an address to listen on: %s port %d, bound to %s port %d"
              .formatted(host, port, bindHost, bindPort));
    }
    if (startTrays < 1 || trunkWindowBytes < 1) {
      throw new IllegalArgumentException(
          "a rack begins with a tray, and a window has a byte, at least: %d, %d"
              .formatted(startTrays, trunkWindowBytes));
    }
    if (!joinTimeout.isPositive() || warmUp.isNegative() || leaveTimeout.isNegative()) {
      throw new IllegalArgumentException(
          "the time to join is positive, and those to warm up and to leave not negative: %s, %s, %s"
              .formatted(joinTimeout, warmUp, leaveTimeout));
    }
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }
}
