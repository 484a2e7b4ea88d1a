package io.rack72.cli;

import io.rack72.checkpoint.RandomCheckpoint;
import java.io.PrintWriter;
import java.util.Locale;

/** One line on a terminal that shows how much is written. Not thread-safe. */
final class ProgressBar implements RandomCheckpoint.Progress {
  private static final int WIDTH = 40;

  private final PrintWriter terminal;
  private long shownPercent = -1;

  private ProgressBar(PrintWriter terminal) {
    this.terminal = terminal;
  }

  /** A bar where there is somebody to see it, else nothing. */
  static RandomCheckpoint.Progress on(PrintWriter err, boolean onTerminal) {
    return onTerminal ? new ProgressBar(err) : (bytes, totalBytes) -> {};
  }

  @Override
  public void written(long bytes, long totalBytes) {
    long percent = 100 * bytes / totalBytes;
    if (percent == shownPercent) {
      return;
    }
    shownPercent = percent;
    if (bytes == totalBytes) {
      terminal.print("\r\033[K");
    } else {
      int done = (int) (WIDTH * bytes / totalBytes);
      terminal.printf(
          Locale.ROOT,
          "\r[%s%s] %3d%%, %.1f of %.1f MB",
          "#".repeat(done),
          " ".repeat(WIDTH - done),
          percent,
          bytes / 1e6,
          totalBytes / 1e6);
    }
    terminal.flush();
  }
}
