package io.rack72.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutTest {
  @ParameterizedTest
  @CsvSource({"TP1, 128", "tp8, 128", "DEP8, 16", "DEP72, 2", "TEP4, 32"})
  void everyExpertHasASlot(String name, int slots) {
    Layout layout = Layout.of(name, 128);
    assertEquals(slots, layout.slotsPerGpu());
    assertEquals(name.toUpperCase(Locale.ROOT), layout.name());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "TP", "TP0", "PP4", "DEP8x", "DEP99999"})
  void otherNamesAreRefused(String name) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Layout.of(name, 128));
    assertEquals(
        "a layout is TP, DEP or TEP and a number of GPUs, such as DEP8, not '" + name + "'",
        refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"DEP72, 2", "DEP72, 128", "TEP8, 17", "DEP1, 128"})
  void slotsAreAsManyAsAreAskedFor(String name, int slots) {
    Layout layout = Layout.of(name, 128).withSlots(slots, 128);
    assertEquals(slots, layout.slotsPerGpu());
    assertEquals(name, layout.name());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DEP72 | 1   | DEP72 spreads 128 experts over 72 GPUs, which takes 2 to 128 slots on each,"
            + " not 1",
        "TEP8  | 129 | TEP8 spreads 128 experts over 8 GPUs, which takes 16 to 128 slots on each,"
            + " not 129",
        "TP8   | 16  | TP8 has a part of every expert on each GPU, and no slots for whole ones"
      })
  void tooFewOrTooManySlotsAreRefused(String name, int slots, String message) {
    Layout layout = Layout.of(name, 128);
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> layout.withSlots(slots, 128));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void onlyDataParallelGpusAttendToDifferentSequences() {
    assertEquals(8, Layout.of("DEP8", 128).dataParallel());
    assertEquals(1, Layout.of("TEP8", 128).dataParallel());
    assertEquals(8, Layout.of("TEP8", 128).expertGpus());
    assertEquals(1, Layout.of("TP8", 128).expertGpus());
  }
}
