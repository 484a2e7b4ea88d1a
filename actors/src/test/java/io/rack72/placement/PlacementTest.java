package io.rack72.placement;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static List<GpuId> gpus(int from, int to) {
    return IntStream.range(from, to).mapToObj(GpuId::new).toList();
  }

  private static Placement whole(int dataParallel) {
    return Placement.first(new ExpertPlacement(1, 72, 36, 128, gpus(0, 72)), dataParallel);
  }

  /** However GPUs come and go, every group has every expert once, and evenly. */
  @Test
  void placementsStayWholeAndEvenWhateverComesAndGoes() {
    Random random = new Random(1);
    for (int degree : new int[] {1, 5, 24, 72}) {
      Placement placement = Placement.first(new ExpertPlacement(1, degree, 24, 32, gpus(0, 72)), 8);
      for (int epoch = 2; epoch < 30; epoch++) {
        List<GpuId> present = new ArrayList<>();
        for (int tray = 0; tray < 18; tray++) {
          if (tray == epoch % 18 || random.nextInt(4) > 0) {
            present.addAll(gpus(4 * tray, 4 * tray + 4));
          }
        }
        int fitting = Math.min(degree, present.size());
        placement = placement.moved(epoch, fitting, 8, present);
        assertEven(placement.experts(), present, fitting);
        assertEquals(Math.min(8, present.size()), placement.attending().size());
      }
    }
  }

  private static void assertEven(ExpertPlacement experts, List<GpuId> present, int degree) {
    for (int group = 0; group < present.size() / degree; group++) {
      GpuId asker = present.get(group * degree);
      List<GpuId> members = present.subList(group * degree, (group + 1) * degree);
      Map<GpuId, Integer> all = new HashMap<>();
      for (int layer = 0; layer < 24; layer++) {
        Map<GpuId, Integer> ofLayer = new HashMap<>();
        for (int expert = 0; expert < 32; expert++) {
          GpuId owner = experts.owner(asker, layer, expert);
          assertTrue(members.contains(owner), owner + " is of another group");
          ofLayer.merge(owner, 1, Integer::sum);
          all.merge(owner, 1, Integer::sum);
        }
        assertTrue(
            ofLayer.values().stream().allMatch(n -> n <= Math.ceilDiv(32, degree)),
            "layer " + layer + ": " + ofLayer);
      }
      int most = members.stream().mapToInt(gpu -> all.getOrDefault(gpu, 0)).max().orElseThrow();
      int even = Math.ceilDiv(24 * 32, degree);
      assertTrue(most <= even, most + " experts on one GPU, where " + even + " would be even");
      for (GpuId gpu : members) {
        assertEquals(all.getOrDefault(gpu, 0), experts.slotsOf(gpu).size());
      }
    }
  }

  @Test
  void onlyTheExpertsOfATrayThatLeavesMove() {
    Placement before = whole(1);
    Placement after = before.moved(2, 68, 1, gpus(4, 72));
    int moved = 0;
    int owned = 0;
    for (int layer = 0; layer < 36; layer++) {
      for (int expert = 0; expert < 128; expert++) {
        GpuId old = before.experts().owner(new GpuId(70), layer, expert);
        owned += old.index() < 4 ? 1 : 0;
        moved += old.equals(after.experts().owner(new GpuId(70), layer, expert)) ? 0 : 1;
      }
    }
    assertEquals(256, owned);
    assertTrue(moved <= owned * 5 / 4, moved + " moved, where " + owned + " had to");
    assertEquals(List.of(new GpuId(4)), after.attending());
  }

  @Test
  void aTrayThatJoinsGetsItsShareOfExpertsAndNoSequencesMove() {
    Placement before = Placement.first(new ExpertPlacement(1, 56, 36, 128, gpus(0, 56)), 2);
    Placement after = before.moved(2, 72, 2, gpus(0, 72));
    for (GpuId gpu : gpus(56, 72)) {
      assertTrue(after.experts().slotsOf(gpu).size() >= 60, gpu + " has too few");
    }
    assertEquals(before.attending(), after.attending());
    assertEquals(72, whole(72).attending().size());
  }

  @Test
  void aPlacementComesOffTheWireAsItWas() {
    for (int degree : new int[] {1, 2, 3, 8, 71, 72}) {
      ExpertPlacement dealt = new ExpertPlacement(7, degree, 36, 128, gpus(0, 72));
      ExpertPlacement moved = dealt.moved(8, Math.min(degree, 68), gpus(4, 72));
      for (ExpertPlacement placement : List.of(dealt, moved)) {
        ExpertPlacement.Packed packed = placement.packed();
        assertTrue(packed.members().length < 32_768, packed.members().length + " bytes");
        ExpertPlacement unpacked = ExpertPlacement.of(packed);
        assertEquals(placement.epoch(), unpacked.epoch());
        assertArrayEquals(placement.gpus(), unpacked.gpus());
        assertTrue(Arrays.deepEquals(placement.owners(), unpacked.owners()));
      }
    }
  }

  @Test
  void aPlacementThatCannotBeIsRefused() {
    byte[] ones = new byte[64];
    Arrays.fill(ones, (byte) -1);
    int[] gpus = {0, 1, 2};
    for (ExpertPlacement.Packed packed :
        List.of(
            new ExpertPlacement.Packed(1, 3, 2, 4, gpus, ones),
            new ExpertPlacement.Packed(1, 4, 2, 4, gpus, new byte[0]),
            new ExpertPlacement.Packed(1, 0, 2, 4, gpus, new byte[0]),
            new ExpertPlacement.Packed(1, 1, Integer.MAX_VALUE, 4, gpus, new byte[0]))) {
      assertThrows(IllegalArgumentException.class, () -> ExpertPlacement.of(packed));
    }
  }
}
