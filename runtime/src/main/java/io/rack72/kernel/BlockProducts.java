package io.rack72.kernel;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;

/**
 * Products of weights with activations in 8 bits, and the quantization of dense weights.
 *
 * <p><b>The numeric contract.</b> Inside a block of 32 columns the products of whole numbers are
 * added, exactly in any order. Then, for the blocks of a row in turn, {@code sum = fma((float) dot,
 * weightScale * activationScale, sum)}, beginning at +0, with the product of the scales rounded to
 * float32; a bias is added last. For MXFP4 the whole numbers are twice the E2M1 values and the
 * scale half of the E8M0 scale. All implementations give these bits.
 *
 * <p>Thread-safe, and sizes are the caller's to check.
 */
sealed interface BlockProducts permits NativeBlockProducts, VectorBlockProducts {
  /** Weight rows that a range must begin at a multiple of. */
  int TILE_ROWS = Int8Matrix.TILE_ROWS;

  /** What {@link Int8Activations#fill} must be given for MXFP4 weights. */
  int MXFP4_OFFSET = 12;

  /** For reports, such as {@code avx512}. */
  String name();

  /** Whether activations must have {@link Int8Activations#pairs}. */
  boolean takesPairs();

  /**
   * Computes outputs {@code from} to {@code to}, exclusive, of all rows.
   *
   * @param bias of all outputs, or null for none
   * @param x filled with {@link #MXFP4_OFFSET}
   * @param from a multiple of {@link #TILE_ROWS}
   * @param to a multiple of {@link #TILE_ROWS}, or the last output
   * @param y {@code [x.rows(), w.rows()]} from {@code yOffset}
   */
  void multiply(
      Mxfp4Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset);

  /** The same with 8-bit weights; x is filled with {@link Int8Matrix#OFFSET}. */
  void multiply(
      Int8Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset);

  /**
   * Quantizes weights, which are outside the heap, as {@link Int8Quantization} says.
   *
   * @param from the first tile
   * @param to the one behind the last
   * @param out of the size of {@code w}
   */
  void quantize(Bf16Matrix w, int from, int to, Int8Matrix out);
}
