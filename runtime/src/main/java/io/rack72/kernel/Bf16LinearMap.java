package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.GROUPS;
import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.BLOCK;
import static io.rack72.kernel.SummationOrder.LANES;
import static io.rack72.kernel.TileProduct.WEIGHT_STRIDE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * A product with bf16 weights. A 32-bit word holds an even element in its low and the odd one
 * behind it in its high half; a bf16 number is the upper half of the float it stands for.
 */
final class Bf16LinearMap extends LinearMap {
  private static final int ODD = 0xFFFF0000;
  private static final long BLOCK_BYTES = 2 * BLOCK;
  private static final long GROUP_BYTES = 4L * LENGTH;

  private final MemorySegment data;
  private final Bf16Matrix weights;
  private final int columns;

  Bf16LinearMap(Bf16Matrix weights, Bf16Vector bias) {
    super(weights.rows(), weights.columns(), bias);
    this.weights = weights;
    data = weights.data();
    columns = weights.columns();
  }

  @Override
  void decode(int row, int firstBlock, int blocks, float[] out, int offset) {
    MemorySegment w = data;
    long base = 2L * row * columns + firstBlock * BLOCK_BYTES;
    int whole = Math.min(blocks, columns / BLOCK - firstBlock);
    for (int b = 0; b < whole; b++) {
      long at = base + b * BLOCK_BYTES;
      int to = offset + b * BLOCK_STRIDE;
      for (int g = 0; g < GROUPS; g++) {
        IntVector pair = IntVector.fromMemorySegment(INTS, w, at + g * GROUP_BYTES, LITTLE_ENDIAN);
        pair.lanewise(VectorOperators.LSHL, 16)
            .reinterpretAsFloats()
            .intoArray(out, to + g * LENGTH);
        pair.and(ODD).reinterpretAsFloats().intoArray(out, to + WEIGHT_STRIDE + g * LENGTH);
      }
    }
    if (whole < blocks) {
      decodeLast(row, out, offset + whole * BLOCK_STRIDE);
    }
  }

  /** Decodes the last, incomplete block of a row and fills it up with zeros. */
  private void decodeLast(int row, float[] out, int offset) {
    Bf16Vector weightRow = weights.row(row);
    int first = columns / BLOCK * BLOCK;
    for (int j = 0; j < LANES; j++) {
      int even = first + 2 * j;
      out[offset + j] = even < columns ? weightRow.get(even) : 0;
      out[offset + WEIGHT_STRIDE + j] = even + 1 < columns ? weightRow.get(even + 1) : 0;
    }
  }

  @Override
  void multiplyRow(
      int from, int to, float[] packed, int packedOffset, float[] y, int yOffset, float[] lanes) {
    for (int row = from; row < to; row += 2) {
      // Two weight rows at a time share the loads of the activations and keep the multipliers
      // busy. At the end of an odd range the last row is simply computed twice.
      int row0 = row;
      int row1 = Math.min(row + 1, to - 1);
      sumWholeBlocks(row0, row1, packed, packedOffset, lanes);
      if (columns % BLOCK != 0) {
        addLast(row0, packed, packedOffset, lanes, 0);
        addLast(row1, packed, packedOffset, lanes, LANES);
      }
      y[yOffset + row0] = SummationOrder.sum(lanes, 0) + bias(row0);
      y[yOffset + row1] = SummationOrder.sum(lanes, LANES) + bias(row1);
    }
  }

  private void sumWholeBlocks(int row0, int row1, float[] x, int xOffset, float[] lanes) {
    MemorySegment w = data;
    long base0 = 2L * row0 * columns;
    long base1 = 2L * row1 * columns;
    int blocks = columns / BLOCK;
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = s00;
    FloatVector s02 = s00;
    FloatVector s03 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s12 = s00;
    FloatVector s13 = s00;
    for (int b = 0; b < blocks; b++) {
      long at0 = base0 + b * BLOCK_BYTES;
      long at1 = base1 + b * BLOCK_BYTES;
      int k = xOffset + b * BLOCK;
      FloatVector even = FloatVector.fromArray(FLOATS, x, k);
      FloatVector odd = FloatVector.fromArray(FLOATS, x, k + LANES);
      IntVector pair = IntVector.fromMemorySegment(INTS, w, at0, LITTLE_ENDIAN);
      s00 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s00);
      s00 = pair.and(ODD).reinterpretAsFloats().fma(odd, s00);
      pair = IntVector.fromMemorySegment(INTS, w, at1, LITTLE_ENDIAN);
      s10 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s10);
      s10 = pair.and(ODD).reinterpretAsFloats().fma(odd, s10);
      if (GROUPS > 1) {
        even = FloatVector.fromArray(FLOATS, x, k + LENGTH);
        odd = FloatVector.fromArray(FLOATS, x, k + LANES + LENGTH);
        pair = IntVector.fromMemorySegment(INTS, w, at0 + GROUP_BYTES, LITTLE_ENDIAN);
        s01 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s01);
        s01 = pair.and(ODD).reinterpretAsFloats().fma(odd, s01);
        pair = IntVector.fromMemorySegment(INTS, w, at1 + GROUP_BYTES, LITTLE_ENDIAN);
        s11 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s11);
        s11 = pair.and(ODD).reinterpretAsFloats().fma(odd, s11);
      }
      if (GROUPS > 2) {
        even = FloatVector.fromArray(FLOATS, x, k + 2 * LENGTH);
        odd = FloatVector.fromArray(FLOATS, x, k + LANES + 2 * LENGTH);
        pair = IntVector.fromMemorySegment(INTS, w, at0 + 2 * GROUP_BYTES, LITTLE_ENDIAN);
        s02 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s02);
        s02 = pair.and(ODD).reinterpretAsFloats().fma(odd, s02);
        pair = IntVector.fromMemorySegment(INTS, w, at1 + 2 * GROUP_BYTES, LITTLE_ENDIAN);
        s12 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s12);
        s12 = pair.and(ODD).reinterpretAsFloats().fma(odd, s12);
        even = FloatVector.fromArray(FLOATS, x, k + 3 * LENGTH);
        odd = FloatVector.fromArray(FLOATS, x, k + LANES + 3 * LENGTH);
        pair = IntVector.fromMemorySegment(INTS, w, at0 + 3 * GROUP_BYTES, LITTLE_ENDIAN);
        s03 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s03);
        s03 = pair.and(ODD).reinterpretAsFloats().fma(odd, s03);
        pair = IntVector.fromMemorySegment(INTS, w, at1 + 3 * GROUP_BYTES, LITTLE_ENDIAN);
        s13 = pair.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().fma(even, s13);
        s13 = pair.and(ODD).reinterpretAsFloats().fma(odd, s13);
      }
    }
    s00.intoArray(lanes, 0);
    s10.intoArray(lanes, LANES);
    if (GROUPS > 1) {
      s01.intoArray(lanes, LENGTH);
      s11.intoArray(lanes, LANES + LENGTH);
    }
    if (GROUPS > 2) {
      s02.intoArray(lanes, 2 * LENGTH);
      s12.intoArray(lanes, LANES + 2 * LENGTH);
      s03.intoArray(lanes, 3 * LENGTH);
      s13.intoArray(lanes, LANES + 3 * LENGTH);
    }
  }

  /** Adds the terms of the last, incomplete block to the running sums. */
  private void addLast(int row, float[] x, int xOffset, float[] lanes, int offset) {
    Bf16Vector weightRow = weights.row(row);
    int first = columns / BLOCK * BLOCK;
    int k = xOffset + first;
    for (int j = 0; j < LANES; j++) {
      int even = first + 2 * j;
      float sum = lanes[offset + j];
      sum = Math.fma(even < columns ? weightRow.get(even) : 0, x[k + j], sum);
      sum = Math.fma(even + 1 < columns ? weightRow.get(even + 1) : 0, x[k + LANES + j], sum);
      lanes[offset + j] = sum;
    }
  }
}
