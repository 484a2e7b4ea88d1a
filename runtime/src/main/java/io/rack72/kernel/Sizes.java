package io.rack72.kernel;

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
}
