package io.rack72.gpu;

import io.rack72.hardware.GpuId;

/** How far a GPU is with a placement. */
public sealed interface PlacementStep {
  GpuId gpu();

  long epoch();

  /** It holds the placement's experts. */
  record Prepared(GpuId gpu, long epoch) implements PlacementStep {}

  /** It works by the placement, and runs no step that follows an earlier one. */
  record Settled(GpuId gpu, long epoch) implements PlacementStep {}
}
