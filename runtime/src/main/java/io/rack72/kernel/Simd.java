package io.rack72.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shape that this process computes with: the machine's widest up to 512 bits, or the one
 * that the system property {@code rack72.vector.bits} names (128, 256 or 512), with which a machine
 * can show that it gives the bits of a narrower one. A constant, since the compiler turns vector
 * code into instructions only where it knows the shape.
 */
public final class Simd {
  static final String BITS_PROPERTY = "rack72.vector.bits";

  /** Vectors of that shape, of floats. */
  public static final VectorSpecies<Float> FLOATS = choose();

  static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  static final VectorSpecies<Short> SHORTS = FLOATS.withLanes(short.class);

  /** As many shorts as a vector has floats. */
  static final VectorSpecies<Short> HALF_SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  /** Floats in a vector. */
  static final int LENGTH = FLOATS.length();

  /** Vectors that hold the {@link SummationOrder#LANES} lanes of one sum: 1, 2 or 4. */
  static final int GROUPS = SummationOrder.LANES / LENGTH;

  /** The even elements of two vectors that follow each other, for {@code rearrange}. */
  static final VectorShuffle<Float> EVENS = VectorShuffle.fromOp(FLOATS, lane -> ofTwo(2 * lane));

  /** Their odd elements. */
  static final VectorShuffle<Float> ODDS =
      VectorShuffle.fromOp(FLOATS, lane -> ofTwo(2 * lane + 1));

  private Simd() {}

  /** The index in a shuffle of an element of two vectors: negative in the second one. */
  private static int ofTwo(int element) {
    return element < LENGTH ? element : element - 2 * LENGTH;
  }

  private static VectorSpecies<Float> choose() {
    int preferred = Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    int bits = Integer.getInteger(BITS_PROPERTY, preferred);
    return switch (bits) {
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(BITS_PROPERTY + " is 128, 256 or 512, not " + bits);
    };
  }
}
