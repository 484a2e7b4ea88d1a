package io.rack72.checkpoint;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The random content of one tensor, which can be produced from any position. Each stored unit (a
 * bfloat16 number, a byte of two MXFP4 codes, a scale byte) is drawn by 16 random bits from a table
 * of its distribution, and the bits are a function of seed, tensor name and position alone. So the
 * content depends neither on the order in which tensors are written nor on how they are cut.
 *
 * <p>The bits are the outputs of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014), whose n-th output can be had without those before it.
 *
 * <p>Immutable and thread-safe.
 */
final class RandomTensor {
  /** Units that one 64-bit output of the generator yields. */
  static final int UNITS_PER_DRAW = Long.SIZE / Short.SIZE;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final long key;
  private final UnitTable units;

  /**
   * Makes a tensor.
   *
   * @param seed of the whole checkpoint
   * @param name of the tensor in the checkpoint
   * @param units the distribution of its units
   */
  RandomTensor(long seed, String name, UnitTable units) {
    this.key = key(seed, name);
    this.units = units;
  }

  private static long key(long seed, String name) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).flip());
      sha256.update(name.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(sha256.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Writes consecutive units at the beginning of {@code out}.
   *
   * @param firstUnit position in the tensor; a multiple of {@link #UNITS_PER_DRAW}
   * @param count number of units; where it is no multiple of {@link #UNITS_PER_DRAW}, a few more
   *     are written, for which {@code out} has room
   */
  void fill(byte[] out, long firstUnit, int count) {
    if (firstUnit % UNITS_PER_DRAW != 0) {
      throw new IllegalArgumentException("units are drawn in fours, not from " + firstUnit);
    }
    long firstDraw = firstUnit / UNITS_PER_DRAW;
    int draws = Math.ceilDiv(count, UNITS_PER_DRAW);
    if (units.unitBytes() == Short.BYTES) {
      fillShorts(out, firstDraw, draws);
    } else {
      fillBytes(out, firstDraw, draws);
    }
  }

  private void fillShorts(byte[] out, long firstDraw, int draws) {
    for (int i = 0; i < draws; i++) {
      long bits = bits(firstDraw + i);
      long four =
          units.unit((int) bits & 0xFFFF)
              | (long) units.unit((int) (bits >>> 16) & 0xFFFF) << 16
              | (long) units.unit((int) (bits >>> 32) & 0xFFFF) << 32
              | (long) units.unit((int) (bits >>> 48)) << 48;
      LONG.set(out, i * Long.BYTES, four);
    }
  }

  private void fillBytes(byte[] out, long firstDraw, int draws) {
    for (int i = 0; i < draws; i++) {
      long bits = bits(firstDraw + i);
      int four =
          units.unit((int) bits & 0xFFFF)
              | units.unit((int) (bits >>> 16) & 0xFFFF) << 8
              | units.unit((int) (bits >>> 32) & 0xFFFF) << 16
              | units.unit((int) (bits >>> 48)) << 24;
      INT.set(out, i * Integer.BYTES, four);
    }
  }

  private long bits(long draw) {
    long z = key + (draw + 1) * GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
