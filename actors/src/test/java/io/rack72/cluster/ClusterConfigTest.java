package io.rack72.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.rack72.config.ClusterSettings;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterConfigTest {
  private static final String SECRET = "s3cret-of-sixteen";
  private static final String DETECTOR = "pekko.cluster.failure-detector.";
  private static final TlsDirectory TLS = new TlsDirectory(Path.of("/etc/rack72/tls"));

  @Test
  void addressIsWhatOthersSeeAndWhatIsListenedOn() {
    Config config =
        config("host = \"fd00::11\"", "port = 7000", "bind-host = \"::\"", "bind-port = 0");
    assertEquals("fd00::11", config.getString("pekko.remote.artery.canonical.hostname"));
    assertEquals(7000, config.getInt("pekko.remote.artery.canonical.port"));
    assertEquals("::", config.getString("pekko.remote.artery.bind.hostname"));
    assertEquals(0, config.getInt("pekko.remote.artery.bind.port"));
  }

  @Test
  void transportIsPlainWithoutTlsAndNothingElseWithIt() {
    assertEquals("tcp", config().getString("pekko.remote.artery.transport"));
    Config config = full(of(Optional.of(TLS), "tls.directory = /etc/rack72/tls"));
    assertEquals("tls-tcp", config.getString("pekko.remote.artery.transport"));
    Config engine = config.getConfig("pekko.remote.artery.ssl.rotating-keys-engine");
    assertEquals("/etc/rack72/tls/ca.crt", engine.getString("ca-cert-file"));
    assertEquals("/etc/rack72/tls/tls.crt", engine.getString("cert-file"));
    assertEquals("/etc/rack72/tls/tls.key", engine.getString("key-file"));
    assertEquals("TLSv1.3", engine.getString("protocol"));
    assertEquals(
        List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"),
        engine.getStringList("enabled-algorithms"));
    assertEquals(Duration.ofMinutes(5), engine.getDuration("ssl-context-cache-ttl"));
  }

  @Test
  void connectionsCanBeCutOnlyWhereThatWasAskedFor() {
    String key = "pekko.remote.artery.advanced.test-mode";
    assertFalse(full(of(Optional.empty())).getBoolean(key));
    assertTrue(full(ClusterConfig.withFaults(of(Optional.empty()))).getBoolean(key));
  }

  @Test
  void tlsThatWasNotCheckedIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> of(Optional.empty(), "tls.directory = /etc/rack72/tls"));
    assertThrows(
        IllegalArgumentException.class, () -> of(Optional.of(TLS), "tls.directory = /elsewhere"));
    assertThrows(IllegalArgumentException.class, () -> of(Optional.of(TLS)));
  }

  @Test
  void fastFindsSilentNodesSoonerThanSafe() {
    assertTrue(patience("timing = fast").compareTo(Duration.ofSeconds(6)) < 0);
    assertTrue(patience("timing = safe").compareTo(Duration.ofSeconds(12)) >= 0);
  }

  /** How long a node can be silent before it is found so, gossip not counted. */
  private static Duration patience(String timing) {
    Config config = config(timing);
    return config
        .getDuration(DETECTOR + "heartbeat-interval")
        .plus(config.getDuration(DETECTOR + "acceptable-heartbeat-pause"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fast", "safe"})
  void starvedNodesAreWaitedFor(String timing) {
    Config config = config("timing = " + timing);
    Duration pause = config.getDuration(DETECTOR + "acceptable-heartbeat-pause");
    assertTrue(pause.compareTo(Duration.ofSeconds(5)) >= 0, pause.toString());
    assertEquals("", config.getString("pekko.cluster.downing-provider-class"));
  }

  @Test
  void nothingIsSentInJavasSerializationAndNoActorStartedFromOutside() {
    Config config = config();
    assertFalse(config.getBoolean("pekko.actor.allow-java-serialization"));
    assertTrue(config.getBoolean("pekko.remote.deployment.enable-allow-list"));
    assertEquals(List.of(), config.getStringList("pekko.remote.deployment.allowed-actor-classes"));
  }

  @Test
  void secretIsNotInWhatPekkoHolds() {
    String rendered = of(Optional.empty(), "secret = " + SECRET).root().render();
    assertFalse(rendered.contains(SECRET));
  }

  private static boolean isFeature(String key) {
    String features = "pekko.serialization.jackson.deserialization-features.";
    return key.startsWith(features)
        && Arrays.stream(DeserializationFeature.values())
            .anyMatch(feature -> key.equals(features + feature));
  }

  /** A key that Pekko does not know would be taken without a word, and do nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"fast", "safe"})
  void everyKeyIsOneOfPekkos(String timing) {
    Config known = ConfigFactory.defaultReference();
    Config config = of(Optional.of(TLS), "timing = " + timing, "tls.directory = /etc/rack72/tls");
    TreeSet<String> unknown = new TreeSet<>();
    config.entrySet().forEach(entry -> unknown.add(entry.getKey()));
    // Timeouts of phases are read where there are any, and serializers have names of our choice.
    // Jackson's features have names of its own.
    unknown.removeIf(
        key ->
            known.hasPathOrNull(key)
                || key.matches("pekko\\.coordinated-shutdown\\.phases\\.[a-z-]+\\.timeout")
                || isFeature(key)
                || key.startsWith("pekko.actor.serialization-")
                || key.startsWith("pekko.actor.serializers."));
    assertEquals(new TreeSet<>(), unknown);
  }

  private static Config config(String... settings) {
    return full(of(Optional.empty(), settings));
  }

  private static Config full(Config config) {
    return config
        .withFallback(ConfigFactory.parseResources("pekko.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  private static Config of(Optional<TlsDirectory> tls, String... settings) {
    ConfigLayers layers = ConfigLayers.defaults();
    for (String setting : settings) {
      layers.set("rack72.cluster." + setting);
    }
    ClusterSettings read =
        layers.load(new Host(1, Map.of("RACK72_CLUSTER_SECRET", "of-another-16-chars"))).cluster();
    return ClusterConfig.of(read, tls);
  }
}
