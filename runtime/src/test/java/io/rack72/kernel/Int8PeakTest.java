package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int8PeakTest {
  @ParameterizedTest
  @CsvSource({"AVX2, 512", "AVX512, 768", "NEON, 256", "AMX, 32768"})
  void everyProductIsComputed(FastKernels.Choice choice, long productsPerRound) {
    assumeTrue(FastKernels.isAvailable(choice));
    FastKernels kernels = kernels(choice);
    for (long rounds : new long[] {0, 1, 1000, 1 << 24}) {
      assertEquals(OptionalLong.of(rounds * productsPerRound), kernels.int8Peak(rounds));
    }
    assertThrows(IllegalArgumentException.class, () -> kernels.int8Peak(-1));
    assertThrows(IllegalArgumentException.class, () -> kernels.int8Peak((1 << 24) + 1));
  }

  @Test
  void javaKernelsHaveNone() {
    assertTrue(kernels(FastKernels.Choice.JAVA).int8Peak(1).isEmpty());
  }

  private static FastKernels kernels(FastKernels.Choice choice) {
    Workers alone = new Workers(1);
    return new FastKernels(new VectorKernels(alone), alone, choice);
  }
}
