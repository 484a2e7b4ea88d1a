package io.rack72.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.checkpoint.ModelShape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingModelTest {
  private static final ModelConfig CONFIG = ModelShape.named("gpt-oss-120b").config();
  private static final int GPUS = 8;

  @Test
  void popularitiesAreAWhole() {
    RoutingModel routing = new RoutingModel(CONFIG, 1, 7);
    for (int layer = 0; layer < CONFIG.layers(); layer++) {
      double sum = 0;
      for (int expert = 0; expert < CONFIG.experts(); expert++) {
        assertTrue(routing.popularity(layer, expert) > 0);
        sum += routing.popularity(layer, expert);
      }
      assertEquals(1, sum, 1e-12);
    }
  }

  @Test
  void aRowChoosesDifferentExpertsAndTheSameEachTime() {
    RoutingModel routing = new RoutingModel(CONFIG, 1.2, 7);
    for (int row = 0; row < 1000; row++) {
      int[] chosen = new int[6];
      routing.choose(3, row, chosen, 1);
      assertEquals(4, Arrays.stream(chosen, 1, 5).distinct().count());
      int[] again = new int[6];
      new RoutingModel(CONFIG, 1.2, 7).choose(3, row, again, 1);
      assertArrayEquals(chosen, again);
    }
  }

  @Test
  void withoutSkewAllExpertsAreAsPopular() {
    RoutingModel routing = new RoutingModel(CONFIG, 0, 7);
    for (int expert = 0; expert < CONFIG.experts(); expert++) {
      assertEquals(1.0 / CONFIG.experts(), routing.popularity(0, expert), 1e-12);
    }
    assertThrows(IllegalArgumentException.class, () -> new RoutingModel(CONFIG, -0.1, 7));
    assertThrows(IllegalArgumentException.class, () -> new RoutingModel(CONFIG, Double.NaN, 7));
  }

  /** What is drawn at once is what choosing row by row gives. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.6})
  void loadsAreThoseOfTheChoices(double skew) {
    RoutingModel routing = new RoutingModel(CONFIG, skew, 11);
    ExpertLoads loads =
        new ExpertLoads(
            0, CONFIG, GPUS, ExpertSlots.ownedBy((_, expert) -> expert % GPUS), routing);
    for (int rows : new int[] {1, 64, 2000}) {
      int repetitions = 500_000 / (rows + 50);
      double[] drawn = new double[GPUS];
      double[] chosen = new double[GPUS];
      double drawnTouched = 0;
      double chosenTouched = 0;
      double chosenRemoteRows = 0;
      double drawnRemoteRows = 0;
      int[] experts = new int[4];
      for (int step = 0; step < repetitions; step++) {
        loads.draw(5, step, rows);
        for (int gpu = 0; gpu < GPUS; gpu++) {
          drawn[gpu] += loads.assignments(gpu);
          drawnTouched += loads.touched(gpu);
          drawnRemoteRows += loads.remoteRows(gpu);
        }
        boolean[] touched = new boolean[CONFIG.experts()];
        for (int row = 0; row < rows; row++) {
          routing.choose(5, (long) step * rows + row, experts, 0);
          for (int expert : experts) {
            chosen[expert % GPUS]++;
            touched[expert] = true;
          }
          // Rows are as often from any GPU of the group.
          long others = Arrays.stream(experts).map(expert -> expert % GPUS).distinct().count();
          chosenRemoteRows += others * (GPUS - 1.0) / GPUS;
        }
        for (boolean each : touched) {
          chosenTouched += each ? 1 : 0;
        }
      }
      for (int gpu = 0; gpu < GPUS; gpu++) {
        assertEquals(
            1,
            drawn[gpu] / chosen[gpu],
            0.03 + 5 / Math.sqrt(chosen[gpu]),
            rows + " rows, gpu " + gpu);
      }
      // Independent draws are not quite those of a single row, whose experts differ.
      double tolerance = rows == 1 ? 0.07 : 0.03;
      assertEquals(1, drawnTouched / chosenTouched, tolerance, rows + " rows, experts touched");
      assertEquals(1, drawnRemoteRows / chosenRemoteRows, tolerance, rows + " rows, sent");
      assertEquals(
          chosenTouched / repetitions,
          loads.expectedTouched(rows),
          0.5 + 0.03 * chosenTouched / repetitions,
          rows + " rows, experts touched in the mean");
    }
  }

  /** Of the same draws, with one owner for each expert and with copies. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void everyAssignmentIsOnSomeSlotAndTheBusiestGpuHasFewerWithCopies(int slotsPerGpu) {
    RoutingModel routing = new RoutingModel(CONFIG, 1, 3);
    ExpertSlots slots = ExpertSlots.byPopularity(CONFIG, routing, 72, slotsPerGpu);
    ExpertLoads copied = new ExpertLoads(0, CONFIG, 72, slots, routing);
    ExpertLoads owned =
        new ExpertLoads(0, CONFIG, 72, ExpertSlots.ownedBy((_, expert) -> expert % 72), routing);
    long busiest = 0;
    long busiestOwner = 0;
    for (int step = 0; step < 200; step++) {
      int layer = step % CONFIG.layers();
      copied.draw(layer, step, 1 + 10 * step);
      owned.draw(layer, step, 1 + 10 * step);
      long sum = 0;
      long ownedSum = 0;
      int most = 0;
      int ownedMost = 0;
      for (int gpu = 0; gpu < 72; gpu++) {
        assertTrue(copied.touched(gpu) <= slotsPerGpu);
        assertTrue(copied.touched(gpu) <= copied.assignments(gpu));
        assertTrue(copied.rows(gpu) <= copied.assignments(gpu) + 1e-9);
        sum += copied.assignments(gpu);
        ownedSum += owned.assignments(gpu);
        most = Math.max(most, copied.assignments(gpu));
        ownedMost = Math.max(ownedMost, owned.assignments(gpu));
      }
      assertEquals(ownedSum, sum);
      busiest += most;
      busiestOwner += ownedMost;
    }
    assertTrue(busiest < 0.3 * busiestOwner, busiest + " of " + busiestOwner);
  }

  @Test
  void copiesAreOnDifferentGpusAndEachLayerHasItsOwn() {
    RoutingModel routing = new RoutingModel(CONFIG, 1, 3);
    ExpertSlots slots = ExpertSlots.byPopularity(CONFIG, routing, 72, 2);
    boolean same = true;
    for (int layer = 0; layer < CONFIG.layers(); layer++) {
      int[] used = new int[72];
      for (int expert = 0; expert < CONFIG.experts(); expert++) {
        int[] gpus = new int[slots.copies(layer, expert)];
        for (int copy = 0; copy < gpus.length; copy++) {
          gpus[copy] = slots.gpuOf(layer, expert, copy);
          used[gpus[copy]]++;
        }
        assertEquals(gpus.length, Arrays.stream(gpus).distinct().count());
        same &= gpus.length == slots.copies(0, expert);
      }
      assertTrue(Arrays.stream(used).allMatch(each -> each == 2), "all slots are used");
    }
    assertTrue(!same, "each layer's popular experts have the copies");
  }
}
