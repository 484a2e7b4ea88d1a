package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.Simd.SHORTS;
import static io.rack72.kernel.WeightPanel.ROWS;
import static io.rack72.kernel.WeightPanel.STEPS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * MXFP4 weights against one row of activations, decoded in registers: storing them as a {@link
 * WeightPanel} takes longer than what is then done with it. Sums are those of {@link PanelProduct}.
 */
final class Mxfp4RowProduct {
  private static final int GROUP = Int8Activations.GROUP;

  private Mxfp4RowProduct() {}

  /**
   * Takes blocks of 32 weight rows into the row's sums.
   *
   * @param codes {@code [count, 4, 32]} ints of eight codes, as {@link Mxfp4Rows#transposed} has
   * @param scales {@code [count, 32]}
   * @param x where the row's first pair is
   * @param xScale where the row's first scale is
   * @param xStride from the scale of a block to that of the next
   * @param sums {@code [32]} from {@code to}
   */
  static void add(
      int[] codes,
      float[] scales,
      int count,
      int[] pairs,
      int x,
      float[] xScales,
      int xScale,
      int xStride,
      float[] sums,
      int to) {
    ShortVector table = ShortVector.fromArray(SHORTS, Mxfp4Rows.TWICE, 0);
    for (int lane = 0; lane < ROWS; lane += LENGTH) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, to + lane);
      for (int b = 0; b < count; b++) {
        ShortVector even = ShortVector.zero(SHORTS);
        ShortVector odd = even;
        int at = x + b * STEPS * GROUP;
        int from = b * Mxfp4Rows.BLOCK_INTS * ROWS + lane;
        for (int i = 0; i < Mxfp4Rows.BLOCK_INTS; i++) {
          int pair = at + 2 * i * GROUP;
          ShortVector four =
              IntVector.fromArray(INTS, codes, from + i * ROWS).reinterpretAsShorts();
          ShortVector p = IntVector.broadcast(INTS, pairs[pair]).reinterpretAsShorts();
          even = even.add(Mxfp4Rows.value(table, four).mul(p));
          four = four.lanewise(VectorOperators.LSHR, Mxfp4Rows.CODE_BITS);
          p = IntVector.broadcast(INTS, pairs[pair + STEPS / 2 * GROUP]).reinterpretAsShorts();
          odd = odd.add(Mxfp4Rows.value(table, four).mul(p));
          four = four.lanewise(VectorOperators.LSHR, Mxfp4Rows.CODE_BITS);
          p = IntVector.broadcast(INTS, pairs[pair + GROUP]).reinterpretAsShorts();
          even = even.add(Mxfp4Rows.value(table, four).mul(p));
          four = four.lanewise(VectorOperators.LSHR, Mxfp4Rows.CODE_BITS);
          p =
              IntVector.broadcast(INTS, pairs[pair + (STEPS / 2 + 1) * GROUP])
                  .reinterpretAsShorts();
          odd = odd.add(Mxfp4Rows.value(table, four).mul(p));
        }
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, b * ROWS + lane);
        sum =
            PanelProduct.sumOfHalves(even.add(odd))
                .fma(scale.mul(xScales[xScale + b * xStride]), sum);
      }
      sum.intoArray(sums, to + lane);
    }
  }
}
