package io.rack72.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NegativeExpTest {
  @Test
  void isWithinTwoUnitsInTheLastPlaceOfTheTrueValue() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 300_000; i++) {
      double x = -Math.pow(10, random.nextDouble(-9, Math.log10(-NegativeExp.SMALLEST)));
      double expected = StrictMath.exp(x);
      assertEquals(expected, NegativeExp.of(x), 2 * Math.ulp(expected), () -> "exp(" + x + ")");
    }
  }

  @Test
  void isOneAtZeroAndZeroFarBelow() {
    assertEquals(1, NegativeExp.of(0));
    assertEquals(1, NegativeExp.of(-0.0));
    assertTrue(NegativeExp.of(NegativeExp.SMALLEST) > 0);
    assertEquals(0, NegativeExp.of(Math.nextDown(NegativeExp.SMALLEST)));
    assertEquals(0, NegativeExp.of(Double.NEGATIVE_INFINITY));
  }

  @Test
  void manyAtATimeHaveTheBitsOfEachAlone() {
    SplittableRandom random = new SplittableRandom(4);
    double[] values = random.doubles(10_003, -750, 0).toArray();
    values[5] = Double.NEGATIVE_INFINITY;
    values[6] = -0.0;
    values[7] = NegativeExp.SMALLEST;
    double[] expected = Arrays.stream(values).map(NegativeExp::of).toArray();
    double beyond = values[10_001];
    NegativeExp.replace(values, 10_001);
    assertEquals(beyond, values[10_001]);
    assertArrayEquals(Arrays.copyOf(expected, 10_001), Arrays.copyOf(values, 10_001));
  }

  /** A larger logit may never get the smaller probability. */
  @Test
  void neverFallsAsItsArgumentRises() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 100_000; i++) {
      float x = (float) -random.nextDouble(0, 40);
      assertTrue(NegativeExp.of(Math.nextUp(x)) >= NegativeExp.of(x));
    }
  }
}
