package io.rack72.model;

/** Who runs an expert. Implementations answer the same for as long as a step's layer lasts. */
@FunctionalInterface
public interface ExpertOwner {
  /** Index of the GPU that runs this expert of this layer; not negative. */
  int gpuOf(int layer, int expert);
}
