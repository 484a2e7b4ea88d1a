package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReferenceFileTest {
  private static final Host HOST = new Host(4, Map.of());

  /** Keys whose default is empty text. */
  private static final Set<String> DESCRIBED_IN_WORDS =
      Set.of("rack72.gateway.api-key", "rack72.cluster.secret", "rack72.cluster.tls.directory");

  @Test
  void everyKeyOfTheReferenceFileIsRead() {
    ConfigLayers layers = ConfigLayers.defaults();
    KeyReader reader = layers.reader(HOST);
    ConfigReader.read(reader, HOST);
    assertEquals(layers.knownKeys().all(), reader.keysRead());
  }

  private static Config reference() {
    return ConfigFactory.parseResources("rack72-reference.conf").resolve();
  }

  @Test
  void everyKeyIsDescribedWithItsDefault() {
    Config reference = reference();
    for (String key : ConfigLayers.defaults().knownKeys().all()) {
      List<String> comments = reference.getValue(key).origin().comments();
      assertTrue(comments.size() >= 2, key + " has no description: " + comments);
      assertTrue(
          comments.stream().anyMatch(line -> line.startsWith(" Default: ")),
          key + " does not tell its default: " + comments);
    }
  }

  @Test
  void describedDefaultsAreTheValues() {
    Config reference = reference();
    for (String key : ConfigLayers.defaults().knownKeys().all()) {
      if (DESCRIBED_IN_WORDS.contains(key)) {
        continue;
      }
      String value = String.valueOf(reference.getValue(key).unwrapped());
      assertTrue(
          reference.getValue(key).origin().comments().contains(" Default: " + value + "."),
          key + " is " + value + ", which its description does not say");
    }
  }

  @Test
  void defaultsAreAGb200Nvl72() {
    Rack72Config config = ConfigLayers.defaults().load(HOST);
    assertEquals("gb200-nvl72", config.rack().name());
    assertEquals(18, config.rack().trays());
    assertEquals(72, config.rack().gpuCount());
    assertEquals(186_000_000_000L, config.rack().gpu().hbmBytes());
    assertEquals(900_000_000_000L, config.rack().gpu().nvlinkBytesPerSecond());
    assertEquals(1000, config.rack().gpu().nvlinkLatencyNanos());
    assertEquals(72, config.expertParallel());
    assertEquals(OptionalInt.empty(), config.dataParallel());
    assertEquals(4, config.cpuThreads());
    assertEquals(256, config.scheduler().prefillChunk());
    assertEquals(8L << 20, config.http().bodyLimitBytes());
    assertTrue(config.model().directory().isEmpty());
    assertTrue(config.seed().isEmpty());
    assertTrue(config.http().apiKeys().isEmpty());
    assertEquals(new LoadSettings(OptionalLong.empty(), 8 << 20, 0.5), config.http().load());
    assertEquals(Duration.ofHours(1), config.http().requestTimeout());
    assertEquals(1024, config.http().unreadTokens());
    assertEquals(Duration.ofMinutes(1), config.http().stuckReaderTimeout());
  }

  @Test
  void everyBuiltInProfileIsListedAndLoads() throws IOException, URISyntaxException {
    Path directory = Path.of(ReferenceFileTest.class.getResource("/profiles").toURI());
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(
          ConfigLayers.PROFILES,
          files.map(file -> file.getFileName().toString().replace(".conf", "")).sorted().toList());
    }
    for (String profile : ConfigLayers.PROFILES) {
      Rack72Config config = ConfigLayers.defaults().rack(profile).load(HOST);
      assertEquals(profile, config.rack().name());
      assertEquals(config.rack().gpuCount(), config.expertParallel());
    }
  }

  @Test
  void namingTheDefaultProfileChangesNothing() {
    assertEquals(
        ConfigLayers.defaults().load(HOST), ConfigLayers.defaults().rack("gb200-nvl72").load(HOST));
  }
}
