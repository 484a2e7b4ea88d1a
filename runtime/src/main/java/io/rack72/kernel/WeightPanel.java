package io.rack72.kernel;

import static io.rack72.kernel.Simd.INTS;
import static io.rack72.kernel.Simd.LENGTH;
import static io.rack72.kernel.Simd.SHORTS;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.rack72.tensor.Int8Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Some blocks of 32 weight rows, decoded to 16 bits, and what {@link PanelProduct} leaves of a
 * product with them. A step is two columns of all rows: those that a pair of {@link
 * Int8Activations#pairs} is multiplied with. Rows behind the last one of the matrix hold whatever
 * does no harm. Belongs to one thread.
 */
final class WeightPanel {
  /** Weight rows: two tiles, so that each activation that is loaded serves two vectors. */
  static final int ROWS = 2 * BlockProducts.TILE_ROWS;

  /**
   * Blocks at most: 32 rows of 16 blocks are 32 KiB, so that they stay in the first-level cache.
   */
  static final int BLOCKS = 16;

  /** Steps of a block. */
  static final int STEPS = Int8Activations.BLOCK / 2;

  /** Shorts of a step. */
  static final int STEP_SHORTS = 2 * ROWS;

  /** Shorts of a block. */
  static final int BLOCK_SHORTS = STEPS * STEP_SHORTS;

  private static final int TILE_ROWS = BlockProducts.TILE_ROWS;
  private static final int LINE = 64;

  /** {@code [blocks, 16, 32, 2]} */
  final short[] weights = new short[BLOCKS * BLOCK_SHORTS];

  /** {@code [blocks, 32]} */
  final float[] scales = new float[BLOCKS * ROWS];

  /** Products with a group of rows, each lane the sum of half a block. */
  final short[] narrowDots = new short[Int8Activations.GROUP * PanelProduct.DOTS];

  /** Products with two rows, where sums take 32 bits: their bits, as floats. */
  final float[] wideDots = new float[2 * PanelProduct.DOTS];

  /** Rows of MXFP4 codes on their way into the panel. */
  final Mxfp4Rows mxfp4 = new Mxfp4Rows();

  /** What {@link #touch} read: were it not kept, the compiler would leave out the reading. */
  int touched;

  /**
   * Reads memory once in the order in which it lies, which is the order that comes fastest, so that
   * what is then read in another one is in cache.
   */
  void touch(MemorySegment memory, long from, long to) {
    int all = 0;
    for (long at = from; at < to; at += LINE) {
      all += memory.get(ValueLayout.JAVA_BYTE, at);
    }
    touched += all;
  }

  /** Decodes blocks of two tiles, or of the last one twice. */
  void decode(Int8Matrix w, int firstTile, int block, int count) {
    int blocks = Int8Matrix.blocks(w.columns());
    int lastTile = Int8Matrix.tiles(w.rows()) - 1;
    for (int t = 0; t < 2; t++) {
      long at = (long) Math.min(firstTile + t, lastTile) * blocks + block;
      decodeTile(w.codes(), at, count, weights, t * TILE_ROWS);
      copyScales(w.scales(), at, count, scales, t * TILE_ROWS);
    }
  }

  private static void decodeTile(
      MemorySegment codes, long block, int count, short[] weights, int row) {
    for (int i = 0; i < count * STEPS / 2; i++) {
      for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
        long from =
            block * Int8Matrix.TILE_BLOCK_BYTES + (i * TILE_ROWS + lane) * (long) Integer.BYTES;
        ShortVector four =
            ShortVector.fromMemorySegment(SHORTS, codes, from, LITTLE_ENDIAN)
                .lanewise(VectorOperators.XOR, Int8RowProduct.OFFSETS);
        int to = 2 * i * STEP_SHORTS + 2 * (row + lane);
        four.lanewise(VectorOperators.LSHL, Byte.SIZE)
            .lanewise(VectorOperators.ASHR, Byte.SIZE)
            .intoArray(weights, to);
        four.lanewise(VectorOperators.ASHR, Byte.SIZE).intoArray(weights, to + STEP_SHORTS);
      }
    }
  }

  private static void copyScales(
      MemorySegment from, long block, int count, float[] scales, int row) {
    for (int b = 0; b < count; b++) {
      for (int lane = 0; lane < TILE_ROWS; lane += LENGTH) {
        bf16(from, (block + b) * TILE_ROWS + lane).intoArray(scales, b * ROWS + row + lane);
      }
    }
  }

  /** A vector of bfloat16 numbers, widened. */
  static FloatVector bf16(MemorySegment from, long index) {
    ShortVector raw =
        ShortVector.fromMemorySegment(Simd.HALF_SHORTS, from, index * Short.BYTES, LITTLE_ENDIAN);
    return ((IntVector) raw.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, Short.SIZE)
        .reinterpretAsFloats();
  }
}
