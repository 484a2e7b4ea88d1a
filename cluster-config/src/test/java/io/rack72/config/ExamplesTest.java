package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ExamplesTest {
  private static final Path MACHINES = Path.of("examples", "rack-of-machines.conf");

  @Test
  void rackOfMachinesLeavesNothingToEachMachinesMemory() {
    Host node =
        new Host(
            64, Map.of("RACK72_HOST", "10.0.0.14", "RACK72_CLUSTER_SECRET", "0123456789abcdef"));
    Rack72Config config = ConfigLayers.defaults().file(MACHINES).load(node);
    assertEquals(OptionalInt.of(4), config.dataParallel());
    assertEquals(OptionalLong.of(2L << 30), config.kv().bytesPerGpu());
    assertEquals("10.0.0.14", config.cluster().host());
    assertEquals("10.0.0.14", config.cluster().bindHost());
    assertEquals(3, config.cluster().join().size());
    assertEquals(Optional.of(new Secret("0123456789abcdef")), config.cluster().secret());
    assertEquals(
        List.of(),
        ConfigLayers.defaults()
            .file(MACHINES)
            .set("rack72.cluster.join=[]")
            .load(node)
            .cluster()
            .join());
  }

  @Test
  void rackOfMachinesSaysWhichVariableIsMissing() {
    Host bare = new Host(64, Map.of());
    String message =
        assertThrows(
                InvalidConfigException.class,
                () -> ConfigLayers.defaults().file(MACHINES).load(bare))
            .getMessage();
    assertTrue(message.contains("RACK72_HOST"), message);
  }
}
