package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.Simd.SHORTS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A tile of 8-bit weights against one row of activations, straight from memory: decoded in
 * registers, so that loads never pause and memory gives what it can.
 */
final class Int8RowProduct {
  /** {@link Int8Matrix#OFFSET} of two numbers: flipping these bits takes it off both. */
  static final short OFFSETS = (short) 0x8080;

  private static final int TILE_ROWS = Int8Matrix.TILE_ROWS;
  private static final int GROUP = Int8Activations.GROUP;

  private Int8RowProduct() {}

  /**
   * Computes the sums of a tile.
   *
   * @param pair where the row's first pair is
   * @param xScale where the row's first scale is
   * @param xStride from the scale of a block to that of the next
   * @param sums {@code [16]} from {@code to}
   */
  static void multiply(
      Int8Matrix w,
      long tile,
      int[] pairs,
      int pair,
      float[] xScales,
      int xScale,
      int xStride,
      float[] sums,
      int to) {
    MemorySegment codes = w.codes();
    MemorySegment scales = w.scales();
    int blocks = Int8Matrix.blocks(w.columns());
    for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int b = 0; b < blocks; b++) {
        // See PanelProduct for how a product's 16-bit halves are summed.
        IntVector all = IntVector.broadcast(INTS, PanelProduct.WIDE_START);
        IntVector high = IntVector.zero(INTS);
        int x = pair + b * (Int8Activations.BLOCK / 2) * GROUP;
        long at = (tile * blocks + b) * Int8Matrix.TILE_BLOCK_BYTES + lane * (long) Integer.BYTES;
        for (int g = 0; g < 8; g++) {
          ShortVector four =
              ShortVector.fromMemorySegment(
                      SHORTS, codes, at + g * (long) (TILE_ROWS * Integer.BYTES), LITTLE_ENDIAN)
                  .lanewise(VectorOperators.XOR, OFFSETS);
          ShortVector x0 =
              IntVector.broadcast(INTS, pairs[x + 2 * g * GROUP]).reinterpretAsShorts();
          ShortVector x1 =
              IntVector.broadcast(INTS, pairs[x + (2 * g + 1) * GROUP]).reinterpretAsShorts();
          IntVector two =
              four.lanewise(VectorOperators.LSHL, Byte.SIZE)
                  .lanewise(VectorOperators.ASHR, Byte.SIZE)
                  .mul(x0)
                  .add(four.lanewise(VectorOperators.ASHR, Byte.SIZE).mul(x1))
                  .reinterpretAsInts()
                  .lanewise(VectorOperators.XOR, PanelProduct.LOW_SIGN);
          all = all.add(two);
          high = high.add(two.lanewise(VectorOperators.ASHR, Short.SIZE));
        }
        FloatVector scale = WeightPanel.bf16(scales, (tile * blocks + b) * TILE_ROWS + lane);
        sum = PanelProduct.wholeOf(all, high).fma(scale.mul(xScales[xScale + b * xStride]), sum);
      }
      sum.intoArray(sums, to + lane);
    }
  }
}
