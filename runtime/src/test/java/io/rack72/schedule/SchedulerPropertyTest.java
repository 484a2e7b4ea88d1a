package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A scheduler in many small random worlds, all of whose steps are checked. */
class SchedulerPropertyTest {
  private static final int WORLDS = 2500;

  @Test
  void everyPropertyHoldsOverManySmallWorlds() {
    WorldEvents events = new WorldEvents();
    for (int seed = 0; seed < WORLDS; seed++) {
      try {
        new SchedulerWorld(seed, events).run(400);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("in the world of seed " + seed, e);
      }
    }
    // The worlds are only worth something if the hard cases happen in them.
    for (WorldEvent event : WorldEvent.values()) {
      switch (event) {
        case COMPUTED_TWICE ->
            assertTrue(events.of(event) <= 10, event + " is not rare among " + events);
        case MADE_WAY_IN_VAIN ->
            assertTrue(
                events.of(event) < events.of(WorldEvent.MADE_WAY_FOR_MOVED), events.toString());
        default -> assertTrue(events.of(event) >= 1000, event + " is rare among " + events);
      }
    }
    assertTrue(events.of(WorldEvent.STEP) >= 1_000_000, events.toString());
  }
}
