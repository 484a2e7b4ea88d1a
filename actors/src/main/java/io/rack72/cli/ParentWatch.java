package io.rack72.cli;

import io.rack72.launch.Lines;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Stops this process when the one that started it is gone, however that ended. Between them is a
 * pipe, this process's standard input, whose other end the system closes with the other process.
 */
final class ParentWatch {
  private ParentWatch() {}

  /**
   * Begins to watch, for as long as this process runs: at the end of the input the process stops as
   * if it had been told to by a signal, and is halted if it has not stopped in time.
   *
   * @param in the pipe
   * @param lines is given what comes through it, line by line
   * @param patience time to stop in
   */
  static void start(InputStream in, Consumer<String> lines, Duration patience) {
    start(in, lines, patience, () -> System.exit(0), () -> Runtime.getRuntime().halt(1));
  }

  /** Watches with other means to stop than those of the JVM. */
  static void start(
      InputStream in, Consumer<String> lines, Duration patience, Runnable stop, Runnable halt) {
    Thread.ofPlatform()
        .daemon()
        .name("parent-watch")
        .start(() -> watch(in, lines, patience, stop, halt));
  }

  private static void watch(
      InputStream in, Consumer<String> lines, Duration patience, Runnable stop, Runnable halt) {
    // A pipe that cannot be read tells nothing any more, which is its end.
    Lines.read(in, lines);
    CountDownLatch stopped = new CountDownLatch(1);
    // The JVM's own exit returns to nobody.
    Thread.ofPlatform()
        .daemon()
        .name("parent-gone")
        .start(
            () -> {
              stop.run();
              stopped.countDown();
            });
    try {
      if (!stopped.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        halt.run();
      }
    } catch (InterruptedException _) {
      halt.run();
    }
  }
}
