package io.rack72.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.roofline.Constants;
import org.junit.jupiter.api.Test;

class ConstantsFitTest {
  private static final String BANDWIDTH = "dense.blackwell.bandwidth-part";
  private static final String FIXED = "dense.blackwell.fixed-micros";

  private static double distance(Constants constants, String name, double value) {
    return Math.abs(Math.log(constants.values().get(name) / value));
  }

  @Test
  void theNearestMinimumIsFoundAndOtherConstantsStay() {
    Constants start = Constants.committed();
    Constants found =
        ConstantsFit.fit(
            start,
            name -> name.equals(BANDWIDTH) || name.equals(FIXED),
            (constants, group) ->
                distance(constants, BANDWIDTH, 0.4) + distance(constants, FIXED, 20));
    assertEquals(0.4, found.values().get(BANDWIDTH), 0.01);
    assertEquals(20, found.values().get(FIXED), 0.4);
    found
        .values()
        .forEach(
            (name, value) -> {
              if (!name.equals(BANDWIDTH) && !name.equals(FIXED)) {
                assertEquals(start.values().get(name), value, name);
              }
            });
  }

  @Test
  void noKernelsReachAllOfADataSheet() {
    Constants found =
        ConstantsFit.fit(
            Constants.committed(),
            BANDWIDTH::equals,
            (constants, group) -> -constants.values().get(BANDWIDTH));
    assertEquals(0.95, found.values().get(BANDWIDTH), 1e-9);
  }
}
