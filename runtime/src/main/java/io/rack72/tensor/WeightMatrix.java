package io.rack72.tensor;

/** A matrix of weights that a kernel multiplies with, in one of the formats that kernels know. */
public sealed interface WeightMatrix permits Bf16Matrix, Int8Matrix, Mxfp4Matrix {
  /** Output dimension of the linear map. */
  int rows();

  /** Input dimension. */
  int columns();

  /** Size in bytes, scales included. */
  long bytes();
}
