package io.rack72.kernel;

import static io.rack72.kernel.Simd.FLOATS;
import static io.rack72.kernel.Simd.GROUPS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.SummationOrder.BLOCK;
import static io.rack72.kernel.SummationOrder.LANES;
import static io.rack72.kernel.TileProduct.WEIGHT_STRIDE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Mxfp4Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * A product with MXFP4 weights. A block of 16 bytes is looked up in one byte shuffle for its even
 * elements (low nibbles) and one for its odd ones: the table holds twice each E2M1 value, which is
 * a whole number. Widened to floats and multiplied by half the block's scale, that is the weight,
 * exactly. The weight itself goes into the sum, so that decoded tiles and registers give the same
 * bits; code 8, minus zero, counts as zero.
 */
final class Mxfp4LinearMap extends LinearMap {
  /** Twice the value of each E2M1 code (OCP Microscaling Formats 1.0, section 5.3.3). */
  private static final ByteVector TWICE_VALUES =
      ByteVector.fromArray(
          ByteVector.SPECIES_128,
          new byte[] {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12},
          0);

  /** These bring the bytes of a later group of lanes to the front. */
  private static final VectorShuffle<Byte> FROM_GROUP_1 = fromGroup(1);

  private static final VectorShuffle<Byte> FROM_GROUP_2 = fromGroup(2);
  private static final VectorShuffle<Byte> FROM_GROUP_3 = fromGroup(3);

  private static final float[] HALF_SCALES = halfScales();
  private static final byte LOW_NIBBLE = 0x0F;
  private static final int BLOCK_BYTES = Mxfp4Matrix.BLOCK / 2;

  private final MemorySegment codes;
  private final MemorySegment scales;
  private final int blocksPerRow;

  Mxfp4LinearMap(Mxfp4Matrix weights, Bf16Vector bias) {
    super(weights.rows(), weights.columns(), bias);
    codes = weights.blocks();
    scales = weights.scales();
    blocksPerRow = weights.columns() / Mxfp4Matrix.BLOCK;
  }

  /** Half of 2^(byte - 127) for each scale byte; 255 is NaN (E8M0, section 5.4.1 there). */
  private static float[] halfScales() {
    float[] halves = new float[256];
    for (int s = 0; s < 255; s++) {
      halves[s] = Math.scalb(1f, s - 128);
    }
    halves[255] = Float.NaN;
    return halves;
  }

  private static VectorShuffle<Byte> fromGroup(int group) {
    return VectorShuffle.fromOp(
        ByteVector.SPECIES_128, lane -> (lane + group * LENGTH) % BLOCK_BYTES);
  }

  @Override
  void decode(int row, int firstBlock, int blocks, float[] out, int offset) {
    MemorySegment w = codes;
    MemorySegment e = scales;
    long block = (long) row * blocksPerRow + firstBlock;
    for (int b = 0; b < blocks; b++) {
      float scale = HALF_SCALES[e.get(ValueLayout.JAVA_BYTE, block + b) & 0xFF];
      int to = offset + b * BLOCK_STRIDE;
      ByteVector pair =
          ByteVector.fromMemorySegment(
              ByteVector.SPECIES_128, w, (block + b) * BLOCK_BYTES, LITTLE_ENDIAN);
      ByteVector even = pair.and(LOW_NIBBLE).selectFrom(TWICE_VALUES);
      ByteVector odd =
          pair.reinterpretAsShorts()
              .lanewise(VectorOperators.LSHR, 4)
              .reinterpretAsBytes()
              .and(LOW_NIBBLE)
              .selectFrom(TWICE_VALUES);
      ((FloatVector) even.convertShape(VectorOperators.B2F, FLOATS, 0))
          .mul(scale)
          .intoArray(out, to);
      ((FloatVector) odd.convertShape(VectorOperators.B2F, FLOATS, 0))
          .mul(scale)
          .intoArray(out, to + WEIGHT_STRIDE);
      if (GROUPS > 1) {
        ((FloatVector) even.rearrange(FROM_GROUP_1).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + LENGTH);
        ((FloatVector) odd.rearrange(FROM_GROUP_1).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + WEIGHT_STRIDE + LENGTH);
      }
      if (GROUPS > 2) {
        ((FloatVector) even.rearrange(FROM_GROUP_2).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + 2 * LENGTH);
        ((FloatVector) odd.rearrange(FROM_GROUP_2).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + WEIGHT_STRIDE + 2 * LENGTH);
        ((FloatVector) even.rearrange(FROM_GROUP_3).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + 3 * LENGTH);
        ((FloatVector) odd.rearrange(FROM_GROUP_3).convertShape(VectorOperators.B2F, FLOATS, 0))
            .mul(scale)
            .intoArray(out, to + WEIGHT_STRIDE + 3 * LENGTH);
      }
    }
  }

  @Override
  void multiplyRow(
      int from, int to, float[] packed, int packedOffset, float[] y, int yOffset, float[] lanes) {
    for (int row = from; row < to; row++) {
      sumBlocks(row, packed, packedOffset, lanes);
      y[yOffset + row] = SummationOrder.sum(lanes, 0) + bias(row);
    }
  }

  private void sumBlocks(int row, float[] x, int xOffset, float[] lanes) {
    MemorySegment w = codes;
    MemorySegment e = scales;
    long block = (long) row * blocksPerRow;
    int blocks = blocksPerRow;
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int b = 0; b < blocks; b++) {
      float scale = HALF_SCALES[e.get(ValueLayout.JAVA_BYTE, block + b) & 0xFF];
      int k = xOffset + b * BLOCK;
      ByteVector pair =
          ByteVector.fromMemorySegment(
              ByteVector.SPECIES_128, w, (block + b) * BLOCK_BYTES, LITTLE_ENDIAN);
      ByteVector even = pair.and(LOW_NIBBLE).selectFrom(TWICE_VALUES);
      ShortVector shifted = pair.reinterpretAsShorts().lanewise(VectorOperators.LSHR, 4);
      ByteVector odd = shifted.reinterpretAsBytes().and(LOW_NIBBLE).selectFrom(TWICE_VALUES);
      FloatVector x0 = FloatVector.fromArray(FLOATS, x, k);
      FloatVector x1 = FloatVector.fromArray(FLOATS, x, k + LANES);
      s0 = ((FloatVector) even.convertShape(VectorOperators.B2F, FLOATS, 0)).mul(scale).fma(x0, s0);
      s0 = ((FloatVector) odd.convertShape(VectorOperators.B2F, FLOATS, 0)).mul(scale).fma(x1, s0);
      if (GROUPS > 1) {
        x0 = FloatVector.fromArray(FLOATS, x, k + LENGTH);
        x1 = FloatVector.fromArray(FLOATS, x, k + LANES + LENGTH);
        s1 =
            ((FloatVector)
                    even.rearrange(FROM_GROUP_1).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x0, s1);
        s1 =
            ((FloatVector) odd.rearrange(FROM_GROUP_1).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x1, s1);
      }
      if (GROUPS > 2) {
        x0 = FloatVector.fromArray(FLOATS, x, k + 2 * LENGTH);
        x1 = FloatVector.fromArray(FLOATS, x, k + LANES + 2 * LENGTH);
        s2 =
            ((FloatVector)
                    even.rearrange(FROM_GROUP_2).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x0, s2);
        s2 =
            ((FloatVector) odd.rearrange(FROM_GROUP_2).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x1, s2);
        x0 = FloatVector.fromArray(FLOATS, x, k + 3 * LENGTH);
        x1 = FloatVector.fromArray(FLOATS, x, k + LANES + 3 * LENGTH);
        s3 =
            ((FloatVector)
                    even.rearrange(FROM_GROUP_3).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x0, s3);
        s3 =
            ((FloatVector) odd.rearrange(FROM_GROUP_3).convertShape(VectorOperators.B2F, FLOATS, 0))
                .mul(scale)
                .fma(x1, s3);
      }
    }
    s0.intoArray(lanes, 0);
    if (GROUPS > 1) {
      s1.intoArray(lanes, LENGTH);
    }
    if (GROUPS > 2) {
      s2.intoArray(lanes, 2 * LENGTH);
      s3.intoArray(lanes, 3 * LENGTH);
    }
  }
}
