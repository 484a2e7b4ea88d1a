package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Supplier;

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
  private final Supplier<GroupMember> place;
  private final WeightLoads weights;
  private final StepDurations durations;
  private final Device results;
  private final Kernel[] kernels;
  private long freeNanos;
  private long bookedFromNanos;
  private long bookedToNanos;

  /** The expert kernel of one layer. */
  private static final class Kernel {
    private final BitSet experts = new BitSet();
    private ExpertGroup group;
    private long step = -1;
    private int assignments;
    private long nanos;

    void beginWith(ExpertGroup newGroup, long newStep) {
      group = newGroup;
      step = newStep;
      experts.clear();
      assignments = 0;
      nanos = 0;
    }
  }

  /**
   * @param place of the GPU in its group, now
   * @param weights of the GPU
   * @param results gives what comes out, in no time of its own
   */
  public TimedDevice(
      ModelConfig config,
      Supplier<GroupMember> place,
      WeightLoads weights,
      StepDurations durations,
      Device results) {
    this.config = config;
    this.place = place;
    this.weights = weights;
    this.durations = durations;
    this.results = results;
    kernels = new Kernel[config.layers()];
    Arrays.setAll(kernels, _ -> new Kernel());
  }

  @Override
  public void load(int layer, int expert, long nowNanos) {
    weights.load(layer, expert, nowNanos);
    results.load(layer, expert, nowNanos);
  }

  @Override
  public void unload(int layer, int expert) {
    weights.unload(layer, expert);
    results.unload(layer, expert);
  }

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new Step(StepShape.of(batch, config.slidingWindow()), place.get(), results.begin(batch));
  }

  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    Kernel kernel = kernels[layer];
    ExpertGroup group = place.get().group();
    if (kernel.group != group || kernel.step != group.steps()) {
      kernel.beginWith(group, group.steps());
    }
    for (int expert : experts) {
      kernel.experts.set(expert);
    }
    kernel.assignments += experts.length;
    long nanos =
        Math.max(
            kernel.nanos, durations.expertsNanos(kernel.experts.cardinality(), kernel.assignments));
    long beginNanos = Math.max(nowNanos, weights.loadedNanos(layer, experts));
    long readyNanos = occupy(beginNanos, nanos - kernel.nanos);
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
    private final GroupMember member;
    private final ForwardStep step;

    Step(StepShape shape, GroupMember member, ForwardStep step) {
      this.shape = shape;
      this.member = member;
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
