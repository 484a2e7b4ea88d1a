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

  @Test
  void onlyDataParallelGpusAttendToDifferentSequences() {
    assertEquals(8, Layout.of("DEP8", 128).dataParallel());
    assertEquals(1, Layout.of("TEP8", 128).dataParallel());
    assertEquals(8, Layout.of("TEP8", 128).expertGpus());
    assertEquals(1, Layout.of("TP8", 128).expertGpus());
  }
}
