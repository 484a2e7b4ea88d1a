package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.ExpertRoutes;
import io.rack72.schedule.HedgeLimits;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ExpertSourcesTest {
  private static final GpuId SELF = new GpuId(0);
  private static final GpuId OTHER = new GpuId(1);
  private static final GpuId THIRD = new GpuId(2);
  private static final long SECOND = 1_000_000_000L;

  private final ExpertSources sources = new ExpertSources(SELF, HedgeLimits.DEFAULT);
  private final ExpertPlacement placement = new ExpertPlacement(1, 3, 3, 2, 12);

  private Set<GpuId> asked() {
    Set<GpuId> owners = new TreeSet<>();
    ExpertRoutes routes = sources.routes(placement, 0);
    for (int expert = 0; expert < 12; expert++) {
      owners.add(routes.owner(0, expert));
    }
    return owners;
  }

  @Test
  void allAreAskedButThoseThatAreOutLostOrSlow() {
    assertEquals(Set.of(SELF, OTHER, THIRD), asked());
    sources.avoid(Set.of(OTHER), Set.of());
    assertEquals(Set.of(SELF, THIRD), asked());
    sources.avoid(Set.of(), Set.of(THIRD));
    assertEquals(Set.of(SELF, OTHER), asked());
    assertEquals(List.of(2), sources.slow(0));
    sources.avoid(Set.of(), Set.of());
    sources.lose(Set.of(OTHER));
    assertEquals(Set.of(SELF, THIRD), asked());
    sources.lose(Set.of());
    sources.missed(THIRD, 0);
    assertEquals(Set.of(SELF, OTHER), asked());
    assertTrue(sources.asks(THIRD, 3 * SECOND), "not for ever");
  }

  @Test
  void behindASlowPortItAsksItselfIfThereIsRoomForAll() {
    sources.avoid(Set.of(), Set.of(SELF));
    sources.roomForAll(false);
    assertEquals(Set.of(SELF, OTHER, THIRD), asked());
    sources.roomForAll(true);
    assertEquals(Set.of(SELF), asked());
    sources.avoid(Set.of(), Set.of());
    sources.roomForAll(true);
    assertEquals(Set.of(SELF, OTHER, THIRD), asked());
  }

  @Test
  void whereThereIsNoRoomSlowOnesAreAskedUntilThingsChange() {
    sources.avoid(Set.of(OTHER), Set.of(THIRD));
    sources.missed(THIRD, 0);
    sources.noRoom();
    assertEquals(Set.of(SELF, THIRD), asked(), "but not one that is out");
    assertTrue(sources.asks(THIRD, 3600 * SECOND));
    sources.missed(THIRD, 0);
    assertFalse(sources.asks(THIRD, 0), "one that is slow anew is");
    assertTrue(sources.asks(THIRD, 3 * SECOND));
    sources.lose(Set.of());
    assertFalse(sources.asks(THIRD, 3 * SECOND), "another placement");
    sources.noRoom();
    sources.avoid(Set.of(), Set.of(OTHER, THIRD));
    assertFalse(sources.asks(THIRD, 3 * SECOND), "other slow ports");
  }
}
