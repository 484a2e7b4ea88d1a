package io.rack72.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much memory a process of this machine has in RAM, as Linux tells it. */
final class ProcessMemory {
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

  private ProcessMemory() {}

  /** {@code VmRSS} of a process; empty where there is no such process, or no {@code /proc}. */
  static OptionalLong residentBytes(long pid) {
    try {
      return parse(Files.readString(Path.of("/proc", Long.toString(pid), "status")));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Reads {@code /proc/PID/status}. */
  static OptionalLong parse(String status) {
    Matcher matcher = RESIDENT.matcher(status);
    return matcher.find()
        ? OptionalLong.of(1024 * Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }
}
