package io.rack72.launch;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** What a process writes, line by line, whatever it writes. */
public final class Lines {
  /** Of a longer line the rest is left out. */
  public static final int MAX_CHARS = 16_384;

  private Lines() {}

  /**
   * Hands on each line until the stream ends or breaks. What is not UTF-8 becomes replacement
   * characters.
   */
  public static void read(InputStream in, Consumer<String> lines) {
    StringBuilder line = new StringBuilder();
    char[] buffer = new char[4096];
    try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
        for (int i = 0; i < read; i++) {
          if (buffer[i] == '\n') {
            lines.accept(line.toString());
            line.setLength(0);
          } else if (buffer[i] != '\r' && line.length() < MAX_CHARS) {
            line.append(buffer[i]);
          }
        }
      }
    } catch (IOException _) {
      // The process is gone, and with it whatever else it would have written.
    }
    if (!line.isEmpty()) {
      lines.accept(line.toString());
    }
  }
}
