package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.Arena;

/**
 * Quantizes bfloat16 matrices to 8 bits for the fast mode, with one scale for each 32 columns.
 *
 * <p><b>The numeric contract.</b> With {@code a} the largest magnitude of the weights that share a
 * scale, the scale is {@code a / 127} rounded up to bfloat16, and a number is the weight times
 * {@code 1 / scale}, both in float32, rounded to the nearest whole one, ties to even. A block whose
 * scale would be subnormal is zero; one with an infinity or a NaN has the scale NaN and numbers of
 * zero.
 */
public interface Int8Quantization {
  /**
   * Quantizes a matrix. If it is mapped, its pages are given back, since it is not needed again
   * soon. Where native code reads it, a file that cannot be read, or has been made shorter, ends
   * the process.
   *
   * @param matrix outside the heap
   * @param arena owns the memory of the result
   */
  Int8Matrix quantize(Bf16Matrix matrix, Arena arena);
}
