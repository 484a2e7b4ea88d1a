package io.rack72.placement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExpertRoutesTest {
  private static final int LAYERS = 3;
  private static final int EXPERTS = 32;

  private static ExpertPlacement placement(int gpus, int degree) {
    return new ExpertPlacement(5, gpus, degree, LAYERS, EXPERTS);
  }

  private static Set<GpuId> gpus(int from, int to) {
    return new TreeSet<>(IntStream.range(from, to).mapToObj(GpuId::new).toList());
  }

  @Test
  void withoutAnybodyOutOwnersAreAsked() {
    ExpertPlacement placement = placement(12, 6);
    ExpertRoutes routes = ExpertRoutes.of(placement, new GpuId(7), Set.of());
    assertEquals(5, routes.epoch());
    assertEquals(LAYERS, routes.layers());
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int expert = 0; expert < EXPERTS; expert++) {
        assertEquals(placement.owner(new GpuId(7), layer, expert), routes.owner(layer, expert));
      }
    }
  }

  @Test
  void anOwnerInAnotherGroupStandsInSinceItHasTheExpert() {
    ExpertPlacement placement = placement(12, 6);
    GpuId asker = new GpuId(1);
    Set<GpuId> out = gpus(2, 4);
    ExpertRoutes routes = ExpertRoutes.of(placement, asker, out);
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int expert = 0; expert < EXPERTS; expert++) {
        GpuId owner = placement.owner(asker, layer, expert);
        assertEquals(
            out.contains(owner) ? placement.owner(new GpuId(6), layer, expert) : owner,
            routes.owner(layer, expert));
      }
    }
  }

  @Test
  void withoutAReplicaTheGroupSharesTheWorkEvenly() {
    ExpertPlacement placement = placement(8, 8);
    Set<GpuId> out = gpus(2, 4);
    ExpertRoutes routes = ExpertRoutes.of(placement, new GpuId(0), out);
    ExpertRoutes others = ExpertRoutes.of(placement, new GpuId(7), out);
    for (int layer = 0; layer < LAYERS; layer++) {
      int[] load = new int[8];
      for (int expert = 0; expert < EXPERTS; expert++) {
        GpuId asked = routes.owner(layer, expert);
        assertFalse(out.contains(asked));
        assertEquals(asked, others.owner(layer, expert), "an expert is loaded once");
        GpuId owner = placement.owner(new GpuId(0), layer, expert);
        assertTrue(out.contains(owner) || owner.equals(asked), "who is there is asked");
        load[asked.index()]++;
      }
      int most = IntStream.of(load).max().orElseThrow();
      assertTrue(most <= Math.ceilDiv(EXPERTS, 6), "at most a sixth: " + most);
    }
  }

  @Test
  void wholeGroupThatIsOutIsReplacedByTheOther() {
    ExpertPlacement placement = placement(8, 4);
    ExpertRoutes routes = ExpertRoutes.of(placement, new GpuId(1), gpus(0, 4));
    for (int expert = 0; expert < EXPERTS; expert++) {
      assertEquals(placement.owner(new GpuId(5), 0, expert), routes.owner(0, expert));
    }
  }

  @Test
  void whereNobodyIsLeftAllAreAsked() {
    ExpertPlacement placement = placement(4, 4);
    ExpertRoutes routes = ExpertRoutes.of(placement, new GpuId(0), gpus(0, 4));
    assertEquals(placement.owner(new GpuId(0), 0, 0), routes.owner(0, 0));
  }
}
