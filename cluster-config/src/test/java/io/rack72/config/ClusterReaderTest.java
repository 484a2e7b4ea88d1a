package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterReaderTest {
  private static final String SECRET = "s3cret-of-sixteen";
  private static final Host BARE = new Host(1, Map.of());
  private static final Host SHARING = new Host(1, Map.of("RACK72_CLUSTER_SECRET", SECRET));

  @Test
  void defaultsBeginANewRackOnThisMachineAlone() {
    assertEquals(
        new ClusterSettings(
            "rack72",
            "127.0.0.1",
            7272,
            "127.0.0.1",
            7272,
            List.of(),
            Optional.empty(),
            Optional.empty(),
            ClusterTiming.SAFE,
            18,
            Duration.ofMinutes(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            16 << 20),
        load(BARE));
  }

  @Test
  void everyKeyIsRead() {
    assertEquals(
        new ClusterSettings(
            "lab_1",
            "node-1.lab",
            7000,
            "0.0.0.0",
            7001,
            List.of(new HostPort("node-2.lab", 7272), new HostPort("::1", 1)),
            Optional.of(new Secret(SECRET)),
            Optional.of(Path.of("/etc/rack72/tls")),
            ClusterTiming.FAST,
            3,
            Duration.ofSeconds(5),
            Duration.ofMillis(1500),
            Duration.ZERO,
            1 << 20),
        load(
            SHARING,
            "name = lab_1",
            "host = node-1.lab",
            "port = 7000",
            "bind-host = \"0.0.0.0\"",
            "bind-port = 7001",
            "join = [\"node-2.lab:7272\", \"[::1]:1\"]",
            "tls.directory = /etc/rack72/tls",
            "timing = fast",
            "start-trays = 3",
            "join-timeout = 5 s",
            "warm-up = 1500 ms",
            "leave-timeout = 0 s",
            "trunk-window = 1 MiB"));
  }

  @Test
  void startTraysAreThoseOfTheProfile() {
    ConfigLayers small = ConfigLayers.defaults().rack("hgx-b200");
    assertEquals(1, small.load(BARE).cluster().startTrays());
    assertEquals(
        "rack72.cluster.start-trays (--set) is all or 1 to the 1 trays of the rack, not 2",
        assertThrows(
                InvalidConfigException.class,
                () -> small.set("rack72.cluster.start-trays=2").load(BARE))
            .getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "localhost", "\"::1\"", "\"[::1]\""})
  void loopbackAddressNeedsNoProtection(String host) {
    ClusterSettings settings = load(BARE, "host = " + host);
    assertEquals(settings.host(), settings.bindHost());
    assertFalse(settings.host().contains("["), settings.host());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host      | 10.0.0.11",
        "host      | node-1.lab",
        "host      | fd00::11",
        "bind-host | 0.0.0.0",
        "bind-host | ::",
        "bind-host | 10.0.0.11"
      })
  void openAddressNeedsTlsOrASecret(String key, String address) {
    String setting = key + " = \"" + address + "\"";
    assertEquals(
        "rack72.cluster.%s (--set) is a loopback address unless rack72.cluster.tls.directory, or at"
                .formatted(key)
            + " least rack72.cluster.secret (RACK72_CLUSTER_SECRET), is set on all nodes, not"
            + " \"%s\"".formatted(address),
        refusal(BARE, setting));
    assertTrue(load(SHARING, setting).secret().isPresent());
    assertTrue(load(BARE, setting, "tls.directory = tls").tlsDirectory().isPresent());
  }

  @Test
  void secretComesFromTheEnvironmentAndIsNeverShown() {
    Rack72Config config = ConfigLayers.defaults().load(SHARING);
    assertEquals(Optional.of(new Secret(SECRET)), config.cluster().secret());
    assertFalse(config.toString().contains(SECRET));
    assertTrue(load(SHARING, "secret = \"\"").secret().isEmpty());
    String tooShort = refusal(BARE, "secret = hidd3n");
    assertEquals("rack72.cluster.secret (--set) is text of 16 to 4096 characters", tooShort);
    assertFalse(refusal(BARE, "secret = " + "hidd3n".repeat(683)).contains("hidd3n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name = \"my rack\"              | is 1 to 64 letters, digits, '-' or '_'",
        "name = -rack                    | a letter or digit first, not \"-rack\"",
        "host = \"0.0.0.0\"              | is one address that other nodes reach",
        "host = \"a b\"                  | is a host's name, or an address such as",
        "host = \"[node]\"               | is a host's name",
        "host = \"10.0.0.1:7272\"        | is a host's name",
        "host = \"fe80::1%eth0\"         | is a host's name",
        "port = 65536                    | is a whole number from 0 to 65535",
        "bind-port = same                | is auto or a whole number from 0 to 65535",
        "join = \"10.0.0.1:7272\"        | is a list of at most 1024 addresses such as",
        "join = [7272]                   | is a list of at most",
        "join = [\"10.0.0.1\"]           | is a list of at most",
        "join = [\"10.0.0.1:0\"]         | is a list of at most",
        "join = [\"10.0.0.1:99999\"]     | is a list of at most",
        "join = [\"::1:7272\"]           | is a list of at most",
        "join = [\"[10.0.0.1]:7272\"]    | is a list of at most",
        "join = [\"http://a:1\"]         | is a list of at most",
        "timing = slow                   | is safe or fast, not \"slow\"",
        "start-trays = 19                | is all or 1 to the 18 trays of the rack, not 19",
        "join-timeout = 60               | is a duration from 100 ms to 1 h",
        "leave-timeout = 2 h             | is a duration from 0 s to 1 h",
        "trunk-window = 1 KiB            | is a size from 1 MiB to 1 GiB",
        "tls = on                        | rack72.cluster.tls (--set) is a section with keys in it",
        "tls.directory = \"a\\u0000b\"   | is no path of a file"
      })
  void wrongValueIsRefusedWithWhatWouldBeRight(String setting, String says) {
    String message = refusal(BARE, setting);
    assertTrue(message.contains("rack72.cluster." + setting.substring(0, 3)), message);
    assertTrue(message.contains(says), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:1", "10.0.0.1:7272", "[::1]:7272", "[fd00::1:2]:65535", "my_host.x:9"})
  void addressIsPrintedAsItIsRead(String text) {
    assertEquals(text, HostPort.parse(text).orElseThrow().toString());
  }

  private static ClusterSettings load(Host host, String... settings) {
    ConfigLayers layers = ConfigLayers.defaults();
    for (String setting : settings) {
      layers.set("rack72.cluster." + setting);
    }
    return layers.load(host).cluster();
  }

  private static String refusal(Host host, String... settings) {
    return assertThrows(InvalidConfigException.class, () -> load(host, settings)).getMessage();
  }
}
