package io.rack72.launch;

import java.time.Duration;

/**
 * How long to wait before a process is started again: ever longer while it dies soon after each
 * start, so that one that cannot run costs little. Not thread-safe.
 */
final class RestartDelay {
  /**
   * At once, its start would take the processors from those that compute again what it was at, on
   * the same machine.
   */
  private static final Duration FIRST = Duration.ofSeconds(2);

  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** One that has run for so long was well. */
  private static final Duration WELL = Duration.ofMinutes(2);

  private Duration next = FIRST;

  /** The time to wait, after a process that ran for so long. */
  Duration after(Duration ran) {
    if (ran.compareTo(WELL) >= 0) {
      next = FIRST;
    }
    Duration delay = next;
    Duration longer = Duration.ofSeconds(delay.toSeconds() * 3 / 2);
    next = longer.compareTo(LONGEST) < 0 ? longer : LONGEST;
    return delay;
  }
}
