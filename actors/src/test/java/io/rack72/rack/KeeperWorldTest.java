package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Keepers in thousands of small worlds in which everything happens at the wrong moment. */
class KeeperWorldTest {
  private static final int WORLDS = 4_000;
  private static final int EVENTS = 400;

  @Test
  void whateverHappensStepsFindTheirExpertsAndAllFollowOneViewInTheEnd() {
    long steps = 0;
    for (long seed = 0; seed < WORLDS; seed++) {
      KeeperWorld world = new KeeperWorld(seed);
      try {
        world.live(EVENTS);
        world.calmDown();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("in the world of seed " + seed, e);
      }
      steps += world.finishedSteps();
    }
    assertTrue(steps > WORLDS, "too few steps to show anything: " + steps);
  }
}
