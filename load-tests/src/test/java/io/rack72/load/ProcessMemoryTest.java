package io.rack72.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ProcessMemoryTest {
  @Test
  void readsTheLineThatCounts() {
    String status = "Name:\tjava\nVmHWM:\t  999 kB\nVmRSS:\t  123456 kB\nRssAnon:\t 5 kB\n";
    assertEquals(OptionalLong.of(123_456L * 1024), ProcessMemory.parse(status));
    assertEquals(OptionalLong.empty(), ProcessMemory.parse("Name:\tkthreadd\n"));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void knowsProcessesThatAreThere() {
    long bytes = ProcessMemory.residentBytes(ProcessHandle.current().pid()).orElseThrow();
    assertTrue(bytes > 1 << 20, "a JVM takes more than " + bytes);
    assertEquals(OptionalLong.empty(), ProcessMemory.residentBytes(-1));
  }
}
