package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Another device, with the time that a GPU of the rack would take. Over one that computes this
 * gives real tokens at the rack's times; over a {@link ChoosingDevice} each row really goes to the
 * GPUs that own its experts, through the fabric, which {@link ModeledDevice} knows at once. It is
 * slower than that by the number of layers times that of GPUs.
 *
 * <p>The GPU is a queue in time. All rows for its experts of one layer, of one step of its group,
 * are rows of one kernel, whenever they come: it takes as long as one over all of them, so what
 * each adds is what the whole takes longer.
 */
public final class TimedDevice implements Device {
  private final ModelConfig config;
  private final GroupMember member;
  private final StepDurations durations;
  private final Device results;
  private final Kernel[] kernels;
  private long freeNanos;
  private long bookedFromNanos;
  private long bookedToNanos;

  /** The expert kernel of one layer. */
  private static final class Kernel {
    private final BitSet experts = new BitSet();
    private long step = -1;
    private int assignments;
    private long nanos;

    void beginWith(long newStep) {
      step = newStep;
      experts.clear();
      assignments = 0;
      nanos = 0;
    }
  }

  /**
   * @param member the GPU's place in its group
   * @param results gives what comes out, in no time of its own
   */
  public TimedDevice(
      ModelConfig config, GroupMember member, StepDurations durations, Device results) {
    this.config = config;
    this.member = member;
    this.durations = durations;
    this.results = results;
    kernels = new Kernel[config.layers()];
    Arrays.setAll(kernels, _ -> new Kernel());
  }

  @Override
  public void load(int layer, int expert) {
    results.load(layer, expert);
  }

  @Override
  public void unload(int layer, int expert) {
    results.unload(layer, expert);
  }

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new Step(StepShape.of(batch, config.slidingWindow()), results.begin(batch));
  }

  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    Kernel kernel = kernels[layer];
    if (kernel.step != member.group().steps()) {
      kernel.beginWith(member.group().steps());
    }
    for (int expert : experts) {
      kernel.experts.set(expert);
    }
    kernel.assignments += experts.length;
    long nanos =
        Math.max(
            kernel.nanos, durations.expertsNanos(kernel.experts.cardinality(), kernel.assignments));
    long readyNanos = occupy(nowNanos, nanos - kernel.nanos);
    kernel.nanos = nanos;
    return new ExpertOutputs(
        results.experts(layer, hidden, rows, experts, nowNanos).values(), readyNanos);
  }

  /** Runs a kernel as soon as those before it are done, and tells when it is. */
  private long occupy(long nowNanos, long nanos) {
    if (nowNanos >= bookedFromNanos) {
      freeNanos = Math.max(freeNanos, bookedToNanos);
    }
    freeNanos = Math.max(nowNanos, freeNanos) + nanos;
    return freeNanos;
  }

  /** Runs a kernel later; what comes before it begins does not wait for it. */
  private long book(long beginNanos, long nanos) {
    bookedFromNanos = beginNanos;
    bookedToNanos = Math.max(beginNanos, freeNanos) + nanos;
    return bookedToNanos;
  }

  private final class Step implements ForwardStep {
    private final StepShape shape;
    private final ForwardStep step;

    Step(StepShape shape, ForwardStep step) {
      this.shape = shape;
      this.step = step;
    }

    @Override
    public Routing route(int layer, long nowNanos) {
      long nanos = durations.attentionNanos(config.sliding(layer), shape);
      long readyNanos = layer == 0 ? begin(nowNanos, nanos) : occupy(nowNanos, nanos);
      Routing routing = step.route(layer, nowNanos);
      return new Routing(routing.hidden(), routing.experts(), routing.weights(), readyNanos);
    }

    private long begin(long nowNanos, long nanos) {
      long beginNanos = member.join(shape, nowNanos);
      return book(beginNanos + member.group().lateNanos(shape), nanos);
    }

    @Override
    public long combine(int layer, float[] outputs, long nowNanos) {
      step.combine(layer, outputs, nowNanos);
      return nowNanos;
    }

    @Override
    public Logits logits(long nowNanos) {
      return new Logits(
          step.logits(nowNanos).values(),
          occupy(nowNanos, durations.logitsNanos(shape.logitRows())));
    }
  }
}
