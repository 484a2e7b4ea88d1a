package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LengthsTest {
  private static int[] sorted(String text) {
    Lengths lengths = Lengths.parse(text);
    assertEquals(text, lengths.toString());
    SplittableRandom random = new SplittableRandom(1);
    int[] drawn = new int[40_001];
    Arrays.setAll(drawn, _ -> lengths.at(random.nextDouble(), random.nextDouble()));
    Arrays.sort(drawn);
    return drawn;
  }

  @Test
  void aRangeHasBothEndsAndAllBetween() {
    assertEquals(5, Arrays.stream(sorted("3-7")).distinct().count());
    assertEquals(3, sorted("3-7")[0]);
    assertEquals(7, sorted("3-7")[40_000]);
    assertEquals(9, sorted("9")[40_000]);
  }

  @Test
  void aLogNormalLengthHasItsMedianAndSpread() {
    int[] drawn = sorted("lognormal:1000:0.5");
    assertEquals(1000, drawn[20_000], 20);
    // One standard deviation above the median lie 84.13 % of a normal distribution.
    assertEquals(1000 * Math.exp(0.5), drawn[33_653], 40);
    assertEquals(1000 * Math.exp(-0.5), drawn[6_347], 15);
  }

  @Test
  void aLogNormalLengthStaysWithinLimits() {
    Lengths wide = new Lengths.LogNormal(1, 4);
    assertEquals(1, wide.at(1 - 0x1p-53, 0.5));
    assertEquals(Lengths.LIMIT, new Lengths.LogNormal(Lengths.LIMIT, 4).at(1 - 0x1p-53, 0));
  }

  @Test
  void whatIsListedTwiceIsTwiceAsLikely() {
    int[] drawn = sorted("10,20,20");
    long tens = Arrays.stream(drawn).filter(each -> each == 10).count();
    assertEquals(40_001 / 3.0, (double) tens, 400);
    assertTrue(Arrays.stream(drawn).allMatch(each -> each == 10 || each == 20));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "0",
        "-5",
        "7-3",
        "1,",
        "1,0",
        "lognormal",
        "lognormal:5",
        "lognormal:5:-1",
        "lognormal:5:NaN",
        "lognormal:0:1",
        "lognormal:5:1:1",
        "16777217",
        "1e3"
      })
  void anythingElseIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> Lengths.parse(text));
  }
}
