package io.rack72.bench;

import java.util.OptionalDouble;

/**
 * What the machine can do at most in a second, all threads together. An operation is a
 * multiplication or an addition.
 *
 * @param readBytes that are read from memory
 * @param float32Operations fused multiply-adds of the Vector API, two for each
 * @param int8Operations multiply-adds of the fast mode's native kernels, two for each, with the
 *     instruction and the shape that they use; empty for those in Java, which multiply 16-bit
 *     numbers and are compared with float32
 */
record Limits(double readBytes, double float32Operations, OptionalDouble int8Operations) {
  /** Numbers that a kernel computes with. */
  enum Arithmetic {
    FLOAT32,
    INT8
  }

  /** Operations in a second. */
  double operations(Arithmetic arithmetic) {
    return switch (arithmetic) {
      case FLOAT32 -> float32Operations;
      case INT8 -> int8Operations.orElseThrow();
    };
  }

  /** The higher ones, of two measurements of one machine. */
  Limits orBetter(Limits other) {
    return new Limits(
        Math.max(readBytes, other.readBytes),
        Math.max(float32Operations, other.float32Operations),
        int8Operations.isEmpty()
            ? int8Operations
            : OptionalDouble.of(
                Math.max(int8Operations.getAsDouble(), other.int8Operations.orElseThrow())));
  }
}
