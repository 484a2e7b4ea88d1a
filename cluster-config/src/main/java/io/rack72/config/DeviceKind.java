package io.rack72.config;

/** What a GPU computes with. */
public enum DeviceKind {
  /** Real arithmetic on real weights. */
  CPU
}
