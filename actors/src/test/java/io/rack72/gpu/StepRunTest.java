package io.rack72.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.checkpoint.ModelConfig;
import io.rack72.fabric.Frame;
import io.rack72.hardware.GpuId;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import io.rack72.placement.ExpertPlacement;
import io.rack72.placement.ExpertRoutes;
import io.rack72.schedule.Urgency;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One step of one row on the first of two GPUs; all its answers are made up by the test. */
class StepRunTest {
  private static final GpuId SELF = new GpuId(0);
  private static final GpuId OTHER = new GpuId(1);
  private static final long EPOCH = 7;
  private static final long RUN = 3;

  private final ModelConfig config = config();
  // What each layer's experts gave.
  private float[] combined;

  private static ModelConfig config() {
    try (Checkpoint checkpoint =
        Checkpoint.open(Path.of("../runtime/src/test/resources/golden/tiny"))) {
      return checkpoint.config();
    }
  }

  /** Chooses the first and the last experts of each layer. */
  private final class Scripted implements Device, ForwardStep {
    @Override
    public void load(int layer, int expert, long nowNanos) {}

    @Override
    public void unload(int layer, int expert) {}

    @Override
    public ForwardStep begin(StepBatch batch) {
      return this;
    }

    @Override
    public ExpertOutputs experts(
        int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
      throw new UnsupportedOperationException("the test answers");
    }

    @Override
    public Routing route(int layer, long nowNanos) {
      int[] experts = new int[config.expertsPerToken()];
      for (int i = 0; i < experts.length; i++) {
        experts[i] = i == 0 ? 0 : config.experts() - i;
      }
      return new Routing(
          new float[config.hiddenSize()], experts, new float[experts.length], nowNanos);
    }

    @Override
    public long combine(int layer, float[] outputs, long nowNanos) {
      combined = outputs.clone();
      return nowNanos;
    }

    @Override
    public Logits logits(long nowNanos) {
      return new Logits(new float[config.vocabSize()], nowNanos);
    }
  }

  private StepRun run() {
    ExpertPlacement placement = new ExpertPlacement(EPOCH, 2, 2, config.layers(), config.experts());
    StepRun run =
        new StepRun(
            RUN,
            SELF,
            ExpertRoutes.of(placement, SELF, Set.of()),
            config,
            new Scripted(),
            new StepBatch(new int[1], List.of(new StepBatch.Slice(null, 0, 1, 0, 1))),
            Urgency.STANDSTILL);
    run.begin(0);
    return run;
  }

  private Frame.Combine answer(Frame.Dispatch question, long epoch, float value) {
    float[] outputs = new float[question.experts().length * config.hiddenSize()];
    Arrays.fill(outputs, value);
    return new Frame.Combine(
        question.to(),
        question.from(),
        epoch,
        question.step(),
        question.layer(),
        outputs,
        Frame.Combine.bytes(config.hiddenSize(), question.experts().length));
  }

  @Test
  void answerToThisGpusForerunnerInAnotherPlacementIsIgnored() {
    StepRun run = run();
    StepRun.Fanout fanout = run.fanOut(0);
    Frame.Dispatch remote = fanout.remote().getFirst();
    assertEquals(OTHER, remote.to());
    assertEquals(Urgency.STANDSTILL, remote.urgency(), "as the step is");
    assertFalse(run.accept(answer(fanout.local().orElseThrow(), EPOCH, 1)));
    assertFalse(run.accept(answer(remote, EPOCH - 1, 666)), "it has the same run and layer");
    assertTrue(run.accept(answer(remote, EPOCH, 1)));
    assertTrue(run.answeredByOwners());
    run.advance(0);
    for (float value : combined) {
      assertEquals(1, value);
    }
  }

  @Test
  void whatIsTakenInHandIsNotAwaitedOfItsOwner() {
    StepRun run = run();
    StepRun.Fanout fanout = run.fanOut(0);
    Frame.Dispatch remote = fanout.remote().getFirst();
    assertEquals(List.of(remote), run.unanswered());
    run.takeInHand(OTHER);
    assertEquals(List.of(), run.unanswered());
    assertFalse(run.accept(answer(fanout.local().orElseThrow(), EPOCH, 1)));
    assertTrue(run.acceptInPlaceOf(OTHER, 0, answer(remote, EPOCH, 1).outputs()));
    run.advance(0);
    assertEquals(run.fanOut(1).remote(), run.unanswered(), "the next layer is another");
  }

  @Test
  void layerThatWasAnsweredInPlaceOfAnOwnerIsToldFromTheOthers() {
    StepRun run = run();
    StepRun.Fanout fanout = run.fanOut(0);
    Frame.Dispatch remote = fanout.remote().getFirst();
    assertFalse(run.accept(answer(fanout.local().orElseThrow(), EPOCH, 1)));
    assertTrue(run.acceptInPlaceOf(OTHER, 0, answer(remote, EPOCH, 1).outputs()));
    assertFalse(run.answeredByOwners());
    run.advance(0);
    run.fanOut(1);
    assertTrue(run.answeredByOwners(), "the next layer is another");
  }
}
