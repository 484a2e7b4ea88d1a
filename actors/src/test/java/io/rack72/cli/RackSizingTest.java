package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.kernel.Workers;
import io.rack72.model.Numerics;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RackSizingTest {
  private static final long HOST_BYTES = 64L << 20;

  @TempDir static Path directory;
  private static Path model;

  @BeforeAll
  static void makeModel() {
    model = CommandRun.smallCheckpoint(directory.resolve("small"));
  }

  /** What lets nodes be given numbers that were derived once. */
  @Test
  void whatIsDerivedStaysTheSameWhenItIsSetOnAnotherHost() {
    for (String open : new String[] {"rack72.seed=1", "rack72.expert-parallel=1"}) {
      RackSizing derived = sizing(HOST_BYTES, open);
      String[] set = {
        open,
        "rack72.data-parallel=" + derived.dataParallel(),
        "rack72.kv.bytes-per-gpu=" + derived.kvBytesPerGpu()
      };
      assertEquals(derived, sizing(HOST_BYTES, set));
      assertEquals(derived, sizing(16 * HOST_BYTES, set));
    }
  }

  @Test
  void gpusShareThePartOfTheHostsMemoryThatIsForThem() {
    RackSizing sizing = sizing(HOST_BYTES, "rack72.data-parallel=4", "rack72.kv.host-share=0.25");
    assertEquals(new RackSizing(4, HOST_BYTES / 16), sizing);
  }

  @Test
  void memoryThatIsSetAndThatTheHostLacksIsRefused() {
    String message =
        assertThrows(
                CommandFailedException.class,
                () ->
                    sizing(
                        HOST_BYTES, "rack72.data-parallel=2", "rack72.kv.bytes-per-gpu=40000000"))
            .getMessage();
    assertTrue(message.contains("40,000,000 bytes of KV memory"), message);
    assertTrue(message.contains("for each of 2 GPUs"), message);
  }

  private static RackSizing sizing(long hostMemoryBytes, String... settings) {
    ConfigLayers layers =
        ConfigLayers.defaults().option("--model", "rack72.model.path", model.toString());
    for (String setting : settings) {
      layers.set(setting);
    }
    Rack72Config config = layers.load(new Host(2, Map.of()));
    try (OpenModel open =
            OpenModel.open(config, CommandRun.invocation("", false, CommandRun.localLauncher()));
        Workers workers = new Workers(1);
        Numerics numerics = Numerics.exact(open.checkpoint(), workers)) {
      return RackSizing.of(config, open.checkpoint().config(), numerics.weights(), hostMemoryBytes);
    }
  }
}
