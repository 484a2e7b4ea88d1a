package io.rack72.kv;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.RopeScaling;
import java.util.ArrayList;
import java.util.List;

/** Layouts of models with one kv head of two elements: 16 bytes a layer and position. */
public final class TinyLayouts {
  /** Bytes of one position in one layer: key and value, two floats each. */
  public static final int POSITION_BYTES = 16;

  private TinyLayouts() {}

  /**
   * A layout.
   *
   * @param layers a letter for each layer: {@code s} for sliding, {@code f} for full
   */
  public static KvLayout layout(String layers, int window, int maxPositions, int blockTokens) {
    List<Boolean> sliding = new ArrayList<>();
    layers.chars().forEach(c -> sliding.add(c == 's'));
    RopeScaling rope = new RopeScaling(1, 32, 1, maxPositions, false);
    ModelConfig config =
        new ModelConfig(
            100, 32, sliding, 1, 1, 2, 4, 2, 32, window, maxPositions, 1e-5f, 10_000, rope, 7);
    return new KvLayout(config, blockTokens);
  }
}
