package io.rack72.config;

/**
 * Text that must not be printed. Its {@code toString} tells nothing, so that a record which holds
 * it can be logged.
 *
 * @param text never empty
 */
public record Secret(String text) {
  public Secret {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("a secret is not empty");
    }
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
