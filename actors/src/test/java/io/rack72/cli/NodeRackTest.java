package io.rack72.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.rack72.cluster.NodeCard;
import io.rack72.config.ConfigLayers;
import io.rack72.config.Host;
import io.rack72.config.Rack72Config;
import io.rack72.model.ForwardObserver;
import io.rack72.rack.NodeParts;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeRackTest {
  private static final long HOST_BYTES = 64L << 20;

  @TempDir static Path directory;

  /** Or a sequence that goes on elsewhere would go on with other tokens. */
  @Test
  void nodesTellWhatTheirTokensDependOn() {
    String model = CommandRun.smallCheckpoint(directory.resolve("small")).toString();
    String fast = "rack72.numeric-mode=fast";
    NodeCard exact = card(model);
    NodeCard bf16 = card(model, fast);
    NodeCard int8 = card(model, fast, "rack72.fast.kv-format=int8");
    assertEquals("exact", numerics(exact));
    assertEquals("fast-int8-kv-bf16", numerics(bf16));
    assertEquals("fast-int8-kv-int8", numerics(int8));
    assertEquals(
        "fast-bf16-kv-bf16", numerics(card(model, fast, "rack72.fast.dense-weights=bf16")));
    assertNotEquals(bf16, int8);
    // Kernels and formats that are not used do not keep nodes apart.
    assertEquals(exact, card(model, "rack72.fast.kv-format=int8"));
    assertEquals(bf16, card(model, fast, "rack72.cpu.kernels=java"));
  }

  private static String numerics(NodeCard card) {
    return card.settings().get("rack72.numeric-mode and rack72.fast");
  }

  private static NodeCard card(String model, String... settings) {
    ConfigLayers layers = ConfigLayers.defaults().option("--model", "rack72.model.path", model);
    layers.set("rack72.data-parallel=1");
    layers.set("rack72.kv.bytes-per-gpu=8 MiB");
    for (String setting : settings) {
      layers.set(setting);
    }
    Rack72Config config = layers.load(new Host(2, Map.of()));
    OpenModel open =
        OpenModel.openWeights(config, CommandRun.invocation("", false, CommandRun.localLauncher()));
    try (ModelOnCpu computing = ModelOnCpu.prepare(config, open)) {
      NodeParts parts =
          new NodeParts(
              computing.settings(config, HOST_BYTES),
              computing.model().checkpoint(),
              computing.model().name(),
              computing.model().tokenizer(),
              computing.numerics(),
              ForwardObserver.NONE);
      return NodeRack.card(config, parts, computing);
    }
  }
}
