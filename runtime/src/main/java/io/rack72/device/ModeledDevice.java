package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import java.util.function.Supplier;

/**
 * A device that takes a whole step at once: its group knows how long that takes with all its
 * layers, their experts and what passes the links between them. Rows are dispatched to nobody, so a
 * rack of such devices costs a few messages for each step, however many layers and GPUs it has.
 */
public final class ModeledDevice implements Device {
  private static final int[] NO_EXPERTS = {};
  private static final float[] NO_WEIGHTS = {};

  private final ModelConfig config;
  private final Supplier<GroupMember> place;
  private final WeightLoads weights;

  /**
   * @param place of the GPU in its group, now
   * @param weights of the GPU
   */
  public ModeledDevice(ModelConfig config, Supplier<GroupMember> place, WeightLoads weights) {
    this.config = config;
    this.place = place;
    this.weights = weights;
  }

  /** Each step of the group has rows for about all of its experts, and waits for them. */
  @Override
  public void load(int layer, int expert, long nowNanos) {
    place.get().group().awaitWeights(weights.load(layer, expert, nowNanos));
  }

  @Override
  public void unload(int layer, int expert) {
    weights.unload(layer, expert);
  }

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new Step(StepShape.of(batch, config.slidingWindow()), place.get());
  }

  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    throw new IllegalStateException(
        "a modeled GPU was sent rows by one that computes: a rack has devices of one kind");
  }

  private static final class Step implements ForwardStep {
    private final StepShape shape;
    private final GroupMember member;

    Step(StepShape shape, GroupMember member) {
      this.shape = shape;
      this.member = member;
    }

    /** Before the first layer the group gathers; the layers themselves pass with the logits. */
    @Override
    public Routing route(int layer, long nowNanos) {
      long readyNanos =
          layer == 0 ? member.join(shape, nowNanos) + member.group().graceNanos() : nowNanos;
      return new Routing(null, NO_EXPERTS, NO_WEIGHTS, readyNanos);
    }

    @Override
    public long combine(int layer, float[] outputs, long nowNanos) {
      return nowNanos;
    }

    @Override
    public Logits logits(long nowNanos) {
      return new Logits(null, member.group().endNanos(nowNanos));
    }
  }
}
