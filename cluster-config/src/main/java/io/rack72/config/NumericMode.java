package io.rack72.config;

/** Precision of the activations; tokens depend on it. */
public enum NumericMode {
  /** All activations in float32. */
  EXACT,
  /** Activations in 8 bits where they meet weights. */
  FAST
}
