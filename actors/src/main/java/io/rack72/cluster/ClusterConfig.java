package io.rack72.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.rack72.config.ClusterSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the settings of a node mean to Pekko. Without state. */
public final class ClusterConfig {
  private static final String ARTERY = "pekko.remote.artery.";
  private static final String ROTATING_KEYS = ARTERY + "ssl.rotating-keys-engine.";

  private ClusterConfig() {}

  /**
   * What to lay over {@code pekko.conf} for a node of a rack: the cluster's settings with the
   * timing profile, the wire's serializers, address and TLS. Does not join anybody. The rack's
   * secret is not in it, since Pekko may print what it holds.
   *
   * @param tls what was found in {@link ClusterSettings#tlsDirectory}; checked before, so that the
   *     transport does not find out, node by node and connection by connection
   * @throws IllegalArgumentException if there is one without the other
   */
  public static Config of(ClusterSettings settings, Optional<TlsDirectory> tls) {
    if (!tls.map(TlsDirectory::path).equals(settings.tlsDirectory())) {
      throw new IllegalArgumentException(
          "TLS is read from %s, but it is to be from %s"
              .formatted(tls.map(TlsDirectory::path), settings.tlsDirectory()));
    }
    Map<String, Object> values = new HashMap<>();
    values.put(ARTERY + "canonical.hostname", settings.host());
    values.put(ARTERY + "canonical.port", settings.port());
    values.put(ARTERY + "bind.hostname", settings.bindHost());
    values.put(ARTERY + "bind.port", settings.bindPort());
    tls.ifPresent(directory -> values.putAll(tls(directory)));
    return ConfigFactory.parseMap(values, "rack72.cluster")
        .withFallback(
            resource(
                switch (settings.timing()) {
                  case SAFE -> "pekko-cluster-safe.conf";
                  case FAST -> "pekko-cluster-fast.conf";
                }))
        .withFallback(optionalResource("pekko-wire.conf"))
        .withFallback(resource("pekko-cluster.conf"));
  }

  /** The same, with connections that can be cut; slower, and for tests of failures only. */
  static Config withFaults(Config config) {
    return ConfigFactory.parseMap(Map.of(ARTERY + "advanced.test-mode", "on")).withFallback(config);
  }

  /**
   * Both sides show a certificate of the CA, with TLS 1.3 and nothing older. Pekko's provider reads
   * the files again while the node runs. It asks that the two certificates have a name in common,
   * the subject's CN or a DNS name, and does not compare names with addresses: whoever has such a
   * certificate is a node, wherever it is.
   */
  private static Map<String, Object> tls(TlsDirectory directory) {
    return Map.of(
        ARTERY + "transport", "tls-tcp",
        ARTERY + "ssl.ssl-engine-provider",
            "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider",
        ROTATING_KEYS + "ca-cert-file", directory.caCertificate().toString(),
        ROTATING_KEYS + "cert-file", directory.certificate().toString(),
        ROTATING_KEYS + "key-file", directory.privateKey().toString(),
        ROTATING_KEYS + "protocol", "TLSv1.3",
        ROTATING_KEYS + "ssl-context-cache-ttl", Duration.ofMinutes(5));
  }

  private static Config resource(String name) {
    return parsed(name, false);
  }

  private static Config optionalResource(String name) {
    return parsed(name, true);
  }

  private static Config parsed(String name, boolean allowMissing) {
    return ConfigFactory.parseResources(
        ClusterConfig.class.getClassLoader(),
        name,
        ConfigParseOptions.defaults().setAllowMissing(allowMissing));
  }
}
