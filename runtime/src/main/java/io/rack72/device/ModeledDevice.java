package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;

/**
 * A device that takes a whole step at once: its group knows how long that takes with all its
 * layers, their experts and what passes the links between them. Rows are dispatched to nobody, so a
 * rack of such devices costs a few messages for each step, however many layers and GPUs it has.
 */
public final class ModeledDevice implements Device {
  private static final int[] NO_EXPERTS = {};
  private static final float[] NO_WEIGHTS = {};

  private final ModelConfig config;
  private final GroupMember member;

  /**
   * @param member the GPU's place in its group
   */
  public ModeledDevice(ModelConfig config, GroupMember member) {
    this.config = config;
    this.member = member;
  }

  /** What weights it has is the placement's affair; they take no time and no memory here. */
  @Override
  public void load(int layer, int expert) {}

  @Override
  public void unload(int layer, int expert) {}

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new Step(StepShape.of(batch, config.slidingWindow()));
  }

  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    throw new IllegalStateException(
        "a modeled GPU was sent rows by one that computes: a rack has devices of one kind");
  }

  private final class Step implements ForwardStep {
    private final StepShape shape;

    Step(StepShape shape) {
      this.shape = shape;
    }

    /** Before the first layer the group gathers; the layers themselves pass with the logits. */
    @Override
    public Routing route(int layer, long nowNanos) {
      long readyNanos = layer == 0 ? member.join(shape, nowNanos) : nowNanos;
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
