package io.rack72.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExpertDispatchTest {
  @Test
  void eachRowIsSentOnceToEveryOwnerOfItsExperts() {
    // Two rows of three experts; the even experts live on GPU 5, the odd ones on GPU 2.
    int[] experts = {4, 1, 6, 3, 7, 2};

    List<ExpertDispatch> plan =
        ExpertDispatch.plan(0, experts, 3, (layer, expert) -> expert % 2 == 0 ? 5 : 2);

    assertEquals(2, plan.size());
    assertDispatch(plan.get(0), 2, new int[] {0, 1}, new int[] {0, 1, 1}, new int[] {1, 3, 7});
    assertArrayEquals(new int[] {1, 3, 4}, plan.get(0).destinations());
    assertDispatch(plan.get(1), 5, new int[] {0, 1}, new int[] {0, 0, 1}, new int[] {4, 6, 2});
    assertArrayEquals(new int[] {0, 2, 5}, plan.get(1).destinations());
  }

  @Test
  void ownersAreAskedForTheLayerOfTheRouting() {
    ExpertOwner byLayer = (layer, expert) -> layer;

    assertEquals(3, ExpertDispatch.plan(3, new int[] {0, 1}, 2, byLayer).getFirst().gpu());
  }

  @Test
  void ownersWithoutWorkAreLeftOut() {
    List<ExpertDispatch> plan =
        ExpertDispatch.plan(0, new int[] {70, 71}, 2, (layer, expert) -> expert);

    assertEquals(List.of(70, 71), plan.stream().map(ExpertDispatch::gpu).toList());
  }

  @Test
  void gatherSendsOnlyTheOwnersRows() {
    ExpertDispatch dispatch =
        new ExpertDispatch(
            0, new int[] {0, 2}, new int[] {0, 1}, new int[] {9, 9}, new int[] {0, 2});

    assertArrayEquals(new float[] {1, 2, 5, 6}, dispatch.gather(new float[] {1, 2, 3, 4, 5, 6}, 2));
    assertNull(dispatch.gather(null, 2));
  }

  @Test
  void everyAssignmentComesBackToItsRowAndRank() {
    int rows = 50;
    int perToken = 4;
    Random random = new Random(7);
    int[] experts = new int[rows * perToken];
    for (int row = 0; row < rows; row++) {
      int[] chosen = random.ints(0, 128).distinct().limit(perToken).toArray();
      System.arraycopy(chosen, 0, experts, row * perToken, perToken);
    }
    float[] hidden = new float[rows];
    for (int row = 0; row < rows; row++) {
      hidden[row] = row;
    }

    for (int degree : new int[] {1, 8, 72}) {
      float[] outputs = new float[experts.length];
      Arrays.fill(outputs, Float.NaN);
      for (ExpertDispatch dispatch :
          ExpertDispatch.plan(0, experts, perToken, (layer, expert) -> expert % degree)) {
        float[] sent = dispatch.gather(hidden, 1);
        float[] values = new float[dispatch.rows().length];
        for (int i = 0; i < values.length; i++) {
          // A stand-in for an expert: exact, and different for each row and expert.
          values[i] = sent[dispatch.rows()[i]] * 1000 + dispatch.experts()[i];
        }
        dispatch.scatter(values, 1, outputs);
      }
      for (int i = 0; i < experts.length; i++) {
        assertEquals(i / perToken * 1000 + experts[i], outputs[i]);
      }
    }
  }

  private static void assertDispatch(
      ExpertDispatch dispatch, int gpu, int[] sentRows, int[] rows, int[] experts) {
    assertEquals(gpu, dispatch.gpu());
    assertArrayEquals(sentRows, dispatch.sentRows());
    assertArrayEquals(rows, dispatch.rows());
    assertArrayEquals(experts, dispatch.experts());
  }
}
