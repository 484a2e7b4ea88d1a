package io.rack72.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class KvSettingsTest {
  @Test
  void automaticSizeIsAnEqualPartOfTheHostsShare() {
    KvSettings kv = new KvSettings(16, OptionalLong.empty(), 0.5, 4096, true, 0);
    assertEquals(1 << 20, kv.bytesPerGpu(144L << 20, 72, Long.MAX_VALUE));
  }

  @Test
  void automaticSizeNeverExceedsTheHbmThatIsLeft() {
    KvSettings kv = new KvSettings(16, OptionalLong.empty(), 0.5, 4096, true, 0);
    assertEquals(1000, kv.bytesPerGpu(1L << 40, 1, 1000));
    assertEquals(0, kv.bytesPerGpu(1L << 40, 1, -5));
  }

  @Test
  void sizeThatIsSetIsTakenAsItIs() {
    KvSettings kv = new KvSettings(16, OptionalLong.of(77), 0.5, 4096, true, 0);
    assertEquals(77, kv.bytesPerGpu(1, 72, 1));
  }

  @Test
  void asManyGpusTakeSequencesAsHaveRoomForAContext() {
    KvSettings kv = new KvSettings(16, OptionalLong.empty(), 0.5, 4096, true, 0);
    assertEquals(5, kv.gpusWithRoom(1000, 72, 100));
    assertEquals(72, kv.gpusWithRoom(1_000_000, 72, 100));
    assertEquals(1, kv.gpusWithRoom(10, 72, 100), "at least one does, whatever it can hold");
  }

  @Test
  void asManyGpusTakeSequencesAsHaveRoomForTheSizeThatIsSet() {
    KvSettings kv = new KvSettings(16, OptionalLong.of(8L << 30), 0.5, 4096, true, 0);
    assertEquals(4, kv.gpusWithRoom(64L << 30, 72, 1));
    assertEquals(72, kv.gpusWithRoom(4096L << 30, 72, 1));
    assertEquals(1, kv.gpusWithRoom(1L << 30, 72, 1), "at least one does");
  }
}
