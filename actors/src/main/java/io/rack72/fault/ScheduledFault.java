package io.rack72.fault;

import java.time.Duration;

/**
 * A fault and when it begins.
 *
 * @param at since the start of the run, not negative
 */
public record ScheduledFault(Duration at, Fault fault) {
  public ScheduledFault {
    Check.that(!at.isNegative(), "at is 0 or more", at);
  }

  /** When it is over; for what stays, when it begins. */
  public Duration end() {
    return at.plus(fault.length());
  }
}
