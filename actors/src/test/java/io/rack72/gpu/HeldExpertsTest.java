package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.StepBatch;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.ExpertPlacement.Slot;
import io.rack72.placement.Placement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldExpertsTest {
  private static final GpuId GPU = new GpuId(0);

  private final Set<Slot> loaded = new HashSet<>();
  private final HeldExperts held =
      new HeldExperts(
          GPU,
          new Device() {
            @Override
            public void load(int layer, int expert, long nowNanos) {
              loaded.add(new Slot(layer, expert));
            }

            @Override
            public void unload(int layer, int expert) {
              loaded.remove(new Slot(layer, expert));
            }

            @Override
            public ForwardStep begin(StepBatch batch) {
              throw new UnsupportedOperationException("no step is begun here");
            }

            @Override
            public ExpertOutputs experts(
                int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
              throw new UnsupportedOperationException("nothing is computed here");
            }
          });

  private static Placement placement(long epoch, int gpus) {
    return Placement.first(
        new ExpertPlacement(
            epoch, gpus, 2, 8, IntStream.range(0, gpus).mapToObj(GpuId::new).toList()),
        1);
  }

  private static Set<Slot> slots(Placement placement) {
    return new HashSet<>(placement.experts().slotsOf(GPU));
  }

  @Test
  void guestsComeBesideWhatIsOwnedAndGoWithTheNextPlacement() {
    Placement first = placement(1, 4);
    held.prepare(first, 0);
    assertEquals(slots(first), loaded);
    List<Integer> others =
        IntStream.range(0, 8).filter(e -> !loaded.contains(new Slot(1, e))).boxed().toList();
    assertTrue(held.host(1, new int[] {others.get(0), others.get(1), others.get(0)}, 4, 0));
    assertEquals(2, held.guests());
    assertTrue(loaded.contains(new Slot(1, others.get(0))));

    Placement second = placement(2, 2);
    held.prepare(second, 0);
    Set<Slot> both = slots(first);
    both.addAll(slots(second));
    assertTrue(loaded.containsAll(both));
    held.releaseBefore(2);
    assertEquals(slots(second), loaded);
    assertEquals(0, held.guests());
    assertFalse(held.follows(1));
    assertTrue(held.follows(2));
  }

  @Test
  void guestThatWasAskedForTheLongestTimeAgoMakesRoom() {
    held.prepare(placement(1, 8), 0);
    int[] others = IntStream.range(0, 8).filter(e -> !loaded.contains(new Slot(0, e))).toArray();
    assertTrue(held.host(0, new int[] {others[0]}, 2, 0));
    assertTrue(held.host(0, new int[] {others[1]}, 2, 0));
    assertTrue(held.host(0, new int[] {others[0]}, 2, 0));
    assertTrue(held.host(0, new int[] {others[2]}, 2, 0));
    assertTrue(loaded.contains(new Slot(0, others[0])));
    assertFalse(loaded.contains(new Slot(0, others[1])));
    assertEquals(2, held.guests());
  }

  @Test
  void moreThanThereIsRoomForIsRefusedAndNothingChanges() {
    held.prepare(placement(1, 8), 0);
    Set<Slot> before = new HashSet<>(loaded);
    int[] others = IntStream.range(0, 8).filter(e -> !before.contains(new Slot(0, e))).toArray();
    assertFalse(held.host(0, new int[] {others[0], others[1]}, 1, 0));
    assertFalse(held.host(0, new int[] {others[0]}, -3, 0));
    assertEquals(before, loaded);
    assertTrue(
        held.host(
            0, before.stream().filter(s -> s.layer() == 0).mapToInt(Slot::expert).toArray(), 0, 0),
        "what is owned needs no room");
    assertTrue(held.host(0, new int[0], -1, 0), "nor does nothing");
  }
}
