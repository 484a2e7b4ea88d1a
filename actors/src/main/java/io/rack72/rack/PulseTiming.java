package io.rack72.rack;

import java.time.Duration;

/**
 * How soon a node that is silent is not relied on any more. See {@link Hearing}.
 *
 * @param pulse between two signs of life that nodes give each other
 * @param patience after which one is out that has given none, several pulses
 */
public record PulseTiming(Duration pulse, Duration patience) {
  public PulseTiming {
    if (!pulse.isPositive() || patience.compareTo(pulse.multipliedBy(2)) < 0) {
      throw new IllegalArgumentException(
          "patience is at least two pulses, not %s with a pulse of %s".formatted(patience, pulse));
    }
  }
}
