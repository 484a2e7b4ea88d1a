package io.rack72.config;

/** Precision of what is computed; tokens depend on it. */
public enum NumericMode {
  /** All activations in float32. */
  EXACT,
  /** Activations in 8 bits where they meet weights, keys and values in 16 or 8. */
  FAST
}
