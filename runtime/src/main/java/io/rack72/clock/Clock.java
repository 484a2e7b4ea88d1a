package io.rack72.clock;

/**
 * The only source of time. Nothing in an actor or a policy reads the machine's clock; it is given
 * one of these, so that the same code runs in wall time and in virtual time.
 *
 * <p>Instants are nanoseconds since the clock's own origin and never decrease. Implementations are
 * thread-safe.
 */
public interface Clock {
  /** The present instant, in nanoseconds since this clock's origin. */
  long nowNanos();

  /**
   * Runs {@code wake} once, at the given instant or as soon after it as possible; at once where the
   * instant has passed. Wakes due at the same instant run in the order they were asked for. {@code
   * wake} must be short and must not block: it usually sends one message.
   */
  void wakeAt(long instantNanos, Runnable wake);
}
