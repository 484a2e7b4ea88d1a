package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;
import java.util.Arrays;
import java.util.BitSet;

/**
 * A device that takes each kernel by itself, and whose rows really go to the GPUs that own their
 * experts, one by one and through the fabric: what {@link ModeledDevice} knows at once. Slower by
 * the number of layers times that of GPUs.
 *
 * <p>The GPU is a queue in time. All rows for its experts of one layer, of one step of its group,
 * are rows of one kernel, whenever they come: it takes as long as one over all of them, so what
 * each adds is what the whole takes longer.
 */
public final class DispatchingDevice implements Device {
  private final int gpu;
  private final ModelConfig config;
  private final ExpertGroup group;
  private final RoutingModel routing;
  private final StepDurations durations;
  private long freeNanos;
  private long bookedFromNanos;
  private long bookedToNanos;
  private long draws;
  private final Kernel[] kernels;

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
   * @param gpu index in the rack
   * @param group of the GPU
   */
  public DispatchingDevice(
      int gpu,
      ModelConfig config,
      ExpertGroup group,
      RoutingModel routing,
      StepDurations durations) {
    this.gpu = gpu;
    this.config = config;
    this.group = group;
    this.routing = routing;
    this.durations = durations;
    kernels = new Kernel[config.layers()];
    Arrays.setAll(kernels, _ -> new Kernel());
  }

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
    Kernel kernel = kernels[layer];
    if (kernel.step != group.steps()) {
      kernel.beginWith(group.steps());
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
    return new ExpertOutputs(null, readyNanos);
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
    private final float[] weights;

    Step(StepShape shape) {
      this.shape = shape;
      weights = new float[shape.rows() * config.expertsPerToken()];
    }

    @Override
    public Routing route(int layer, long nowNanos) {
      long nanos = durations.attentionNanos(config.sliding(layer), shape);
      long readyNanos =
          layer == 0 ? book(group.join(shape, nowNanos), nanos) : occupy(nowNanos, nanos);
      int perRow = config.expertsPerToken();
      int[] experts = new int[shape.rows() * perRow];
      for (int row = 0; row < shape.rows(); row++) {
        routing.choose(layer, (long) gpu << Integer.SIZE | draws++, experts, row * perRow);
      }
      return new Routing(null, experts, weights, readyNanos);
    }

    @Override
    public long combine(int layer, float[] outputs, long nowNanos) {
      return nowNanos;
    }

    @Override
    public Logits logits(long nowNanos) {
      return new Logits(null, occupy(nowNanos, durations.logitsNanos(shape.logitRows())));
    }
  }
}
