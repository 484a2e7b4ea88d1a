package io.rack72.load;

import java.io.PrintWriter;

/** One line on a terminal that tells what is done now; nothing in a pipe. Thread-safe. */
final class ProgressLine implements AutoCloseable {
  /** Showing every step would take the time of the server that is measured. */
  private static final long INTERVAL_NANOS = 200_000_000;

  private final PrintWriter err;
  private final boolean onTerminal;
  private long shownNanos = System.nanoTime() - INTERVAL_NANOS;

  ProgressLine(PrintWriter err, boolean onTerminal) {
    this.err = err;
    this.onTerminal = onTerminal;
  }

  /** Replaces the line, unless the one there is too new. */
  synchronized void show(String what) {
    long now = System.nanoTime();
    if (onTerminal && now - shownNanos >= INTERVAL_NANOS) {
      shownNanos = now;
      print(what);
    }
  }

  /** Leaves an empty line. */
  @Override
  public synchronized void close() {
    if (onTerminal) {
      print("");
    }
  }

  private void print(String what) {
    err.print("\r\033[K" + what);
    err.flush();
  }
}
