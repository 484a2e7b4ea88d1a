package io.rack72.kernel;

import io.rack72.tensor.Bf16Vector;

/** Checks that an array holds what a kernel will read or write. */
final class Sizes {
  private Sizes() {}

  static void check(String name, float[] array, int rows, long width) {
    if (rows < 0 || array.length < rows * width) {
      throw new IllegalArgumentException(
          "%s holds [%d, %d], which is %d floats, not %d"
              .formatted(name, rows, width, rows * width, array.length));
    }
  }

  static void checkBias(Bf16Vector bias, int outputs) {
    if (bias != null && bias.length() != outputs) {
      throw new IllegalArgumentException(
          "a linear map with %d outputs has as many biases, not %d"
              .formatted(outputs, bias.length()));
    }
  }
}
