package io.rack72.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ExpTest {
  @Test
  void specialValuesAreThoseOfTheMathematicalFunction() {
    assertEquals(1f, Exp.of(0f));
    assertEquals(1f, Exp.of(-0f));
    assertEquals(0f, Exp.of(Float.NEGATIVE_INFINITY));
    assertEquals(0f, Exp.of(-200f));
    assertEquals(Float.POSITIVE_INFINITY, Exp.of(Float.POSITIVE_INFINITY));
    assertEquals(Float.POSITIVE_INFINITY, Exp.of(88.8f));
    assertTrue(Float.isNaN(Exp.of(Float.NaN)));
  }

  @Test
  void errorIsBelowOneUnitInTheLastPlaceOverAllExponents() {
    // A step of 997 visits every exponent and sign with thousands of mantissas.
    for (long bits = 0; bits < 1L << 32; bits += 997) {
      float x = Float.intBitsToFloat((int) bits);
      double exact = StrictMath.exp(x);
      float rounded = (float) exact;
      if (Float.isNaN(x) || Float.isInfinite(rounded)) {
        assertEquals(rounded, Exp.of(x), "exp(" + x + ")");
      } else {
        double error = Math.abs(Exp.of(x) - exact) / Math.ulp(rounded);
        assertTrue(error < 1, () -> "exp(" + x + ") is " + error + " ulp off");
      }
    }
  }

  @Test
  void vectorAndScalarFormsAgreeInEveryBit() {
    float[] a = new float[1003];
    for (long bits = 0; bits < 1L << 32; ) {
      for (int i = 0; i < a.length; i++, bits += 1009) {
        a[i] = Float.intBitsToFloat((int) bits);
      }
      float[] x = a.clone();
      Exp.apply(a, 1, a.length - 2);
      assertEquals(x[0], a[0]);
      assertEquals(x[a.length - 1], a[a.length - 1]);
      for (int i = 1; i < a.length - 1; i++) {
        assertEquals(Exp.of(x[i]), a[i]);
      }
    }
  }
}
