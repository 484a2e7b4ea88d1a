package io.rack72.sampling;

import io.rack72.kernel.Simd;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Vectors of the process's width, and what fits beside one of 64-bit numbers. */
final class Lanes {
  static final VectorSpecies<Float> FLOATS = Simd.FLOATS;
  static final VectorSpecies<Double> DOUBLES = FLOATS.withLanes(double.class);
  static final VectorSpecies<Long> LONGS = FLOATS.withLanes(long.class);

  /** As many floats as there are in {@link #DOUBLES} or {@link #LONGS}. */
  static final VectorSpecies<Float> HALF_FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

  private Lanes() {}
}
