package io.rack72.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Reads how the JVMs of a rack find and trust each other. */
final class ClusterReader {
  private static final String AUTO = "auto";
  private static final String HOST = "cluster.host";
  private static final String BIND_HOST = "cluster.bind-host";
  private static final String SECRET = "cluster.secret";
  private static final String TLS = "cluster.tls.directory";
  private static final String JOIN = "cluster.join";
  private static final int SECRET_LEAST_CHARS = 16;
  private static final int SECRET_LIMIT_CHARS = 4096;
  private static final int NODES_LIMIT = 1024;
  private static final int HOST_LIMIT_CHARS = 253;
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private ClusterReader() {}

  /**
   * The settings of a node.
   *
   * @param trays of the rack's profile
   */
  static ClusterSettings read(KeyReader keys, int trays) {
    String host = host(keys, HOST);
    if (HostPort.isWildcard(host)) {
      throw keys.wrong(
          HOST, "one address that other nodes reach (rack72.cluster.bind-host may be all)");
    }
    int port = keys.integer("cluster.port", 0, 65_535);
    String bindHost = keys.isWord(BIND_HOST, AUTO) ? host : host(keys, BIND_HOST);
    Optional<Secret> secret = secret(keys);
    Optional<Path> tls = tls(keys);
    if (secret.isEmpty() && tls.isEmpty()) {
      checkLoopback(keys, HOST, host);
      checkLoopback(keys, BIND_HOST, bindHost);
    }
    return new ClusterSettings(
        name(keys),
        host,
        port,
        bindHost,
        keys.isWord("cluster.bind-port", AUTO)
            ? port
            : keys.integer(
                "cluster.bind-port", 0, 65_535, "auto or a whole number from 0 to 65535"),
        join(keys),
        secret,
        tls,
        keys.choice("cluster.timing", ClusterTiming.class),
        keys.isWord("cluster.start-trays", "all")
            ? trays
            : keys.integer(
                "cluster.start-trays", 1, trays, "all or 1 to the " + trays + " trays of the rack"),
        keys.duration(
            "cluster.join-timeout",
            Duration.ofMillis(100),
            HOUR,
            "a duration from 100 ms to 1 h, with its unit"),
        keys.duration(
            "cluster.warm-up",
            Duration.ZERO,
            MINUTE,
            "a duration from 0 s to 1 minute, with its unit"),
        keys.duration(
            "cluster.leave-timeout",
            Duration.ZERO,
            HOUR,
            "a duration from 0 s to 1 h, with its unit"),
        keys.bytes("cluster.trunk-window", 1 << 20, 1 << 30, "a size from 1 MiB to 1 GiB"));
  }

  private static String name(KeyReader keys) {
    String name = keys.text("cluster.name", 1, 64);
    if (!ClusterSettings.isName(name)) {
      throw keys.wrong(
          "cluster.name", "1 to 64 letters, digits, '-' or '_', a letter or digit first");
    }
    return name;
  }

  private static String host(KeyReader keys, String key) {
    String written = keys.text(key, 1, HOST_LIMIT_CHARS);
    boolean bracketed = written.startsWith("[") && written.endsWith("]") && written.contains(":");
    String host = bracketed ? written.substring(1, written.length() - 1) : written;
    if (!HostPort.isHost(host)) {
      throw keys.wrong(key, "a host's name, or an address such as 10.0.0.11 or fd00::11");
    }
    return host;
  }

  private static List<HostPort> join(KeyReader keys) {
    String expected =
        "a list of at most %d addresses such as [\"10.0.0.11:7272\", \"[fd00::11]:7272\"]"
            .formatted(NODES_LIMIT);
    return keys.texts(JOIN, NODES_LIMIT, expected).stream()
        .map(text -> HostPort.parse(text).orElseThrow(() -> keys.wrong(JOIN, expected)))
        .toList();
  }

  private static Optional<Secret> secret(KeyReader keys) {
    return keys.secret(SECRET, 0, SECRET_LIMIT_CHARS).isEmpty()
        ? Optional.empty()
        : Optional.of(new Secret(keys.secret(SECRET, SECRET_LEAST_CHARS, SECRET_LIMIT_CHARS)));
  }

  private static Optional<Path> tls(KeyReader keys) {
    String directory = keys.text(TLS, 0, 4096);
    return directory.isEmpty()
        ? Optional.empty()
        : Optional.of(ConfigLayers.path(directory, KeyReader.ROOT + "." + TLS));
  }

  /** Whoever reaches an open port could otherwise be a node of the rack. */
  private static void checkLoopback(KeyReader keys, String key, String host) {
    if (!HostPort.isLoopback(host)) {
      throw keys.wrong(
          key,
          "a loopback address unless rack72.cluster.tls.directory, or at least"
              + " rack72.cluster.secret (RACK72_CLUSTER_SECRET), is set on all nodes");
    }
  }
}
