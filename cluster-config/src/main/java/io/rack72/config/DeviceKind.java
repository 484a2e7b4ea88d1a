package io.rack72.config;

/** What a GPU computes with. */
public enum DeviceKind {
  /** Real arithmetic on real weights. */
  CPU,
  /** The durations of the rack's kernels, and tokens that mean nothing. */
  MODELED
}
