package io.rack72.wire;

/**
 * What a bundle may hold: the rack and the model that both JVMs serve.
 *
 * @param gpus in the rack; a frame's ends are below it
 * @param layers of the model
 * @param experts of one layer
 * @param hiddenSize floats of one row
 * @param maxBundleBytes of one encoded bundle
 */
public record WireLimits(int gpus, int layers, int experts, int hiddenSize, int maxBundleBytes) {
  public WireLimits {
    require("gpus", gpus, 1);
    require("layers", layers, 1);
    require("experts", experts, 1);
    require("hiddenSize", hiddenSize, 1);
    require("maxBundleBytes", maxBundleBytes, BundleCodec.HEADER_BYTES);
  }

  private static void require(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " is " + least + " or more, not " + value);
    }
  }
}
