package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.Arena;

/**
 * Turns bfloat16 matrices into 8-bit ones for the fast mode.
 *
 * <p><b>The numeric contract.</b> With {@code a} the largest magnitude of 32 weights that share a
 * scale, the scale is {@code a / 127} rounded up to bfloat16, and a number is the weight times
 * {@code 1 / scale}, both in float32, rounded to the nearest whole one, ties to even. A block whose
 * scale would be subnormal is zero; one with an infinity or a NaN has the scale NaN and numbers of
 * zero. All implementations give these bits.
 */
@FunctionalInterface
public interface Int8Conversion {
  /**
   * Converts a matrix. If it is mapped, its pages are given back, since it is not needed again
   * soon.
   *
   * @param arena owns the memory of the result
   */
  Int8Matrix convert(Bf16Matrix matrix, Arena arena);
}
