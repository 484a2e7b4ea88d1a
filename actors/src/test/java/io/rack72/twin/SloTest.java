package io.rack72.twin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SloTest {
  @Test
  void eachLatencyIsHeldAgainstItsOwnLimit() {
    Slo slo = Slo.parse("ttft=500, tpot=20.5");
    assertTrue(slo.met(500_000_000, 20_500_000, Long.MAX_VALUE));
    assertFalse(slo.met(500_000_001, 20_500_000, 0));
    assertFalse(slo.met(500_000_000, 20_500_001, 0));
    assertFalse(Slo.parse("e2e=1").met(0, 0, 1_000_001));
    assertTrue(Slo.NONE.met(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE));
  }

  @Test
  void textIsWhatIsRead() {
    Slo slo = new Slo(500_000_000, Long.MAX_VALUE, 9_250_000);
    assertEquals("ttft=500.0,e2e=9.25", slo.toString());
    assertEquals(slo, Slo.parse(slo.toString()));
    assertEquals("", Slo.NONE.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ttft=0          | no request meets an SLO whose ttft is 0 ms",
        "tpot=-1         | no request meets an SLO whose tpot is -1 ms",
        "e2e=NaN         | no request meets an SLO whose e2e is NaN ms",
        "e2e=2e9         | no request meets an SLO whose e2e is 2e9 ms",
        "ttft=soon       | ttft is a number of milliseconds, not 'soon'",
        "ttft=1,ttft=2   | names ttft once",
        "itl=5           | milliseconds of ttft, tpot or e2e",
        "''              | milliseconds of ttft, tpot or e2e",
        "ttft=1,         | milliseconds of ttft, tpot or e2e"
      })
  void anImpossibleOneIsRefusedInOneSentence(String text, String sentence) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Slo.parse(text)).getMessage();
    assertTrue(message.contains(sentence), message);
    assertEquals(1, message.lines().count());
  }
}
