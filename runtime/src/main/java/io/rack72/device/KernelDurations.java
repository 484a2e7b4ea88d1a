package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.roofline.Constants;
import io.rack72.roofline.DecoderShape;
import io.rack72.roofline.ExpertRows;
import io.rack72.roofline.GpuSpec;
import io.rack72.roofline.HostTime;
import io.rack72.roofline.Kernel.KvPrecision;
import io.rack72.roofline.Kernel.Phase;
import io.rack72.roofline.KernelCost;
import io.rack72.roofline.KernelModel;
import io.rack72.roofline.LayerModel;
import io.rack72.roofline.StepWork;

/**
 * Durations by the model of kernels that is calibrated on measurements. Each GPU attends to its own
 * sequences; experts are spread over a group. Immutable but for what it remembers; thread-safe.
 */
public final class KernelDurations implements StepDurations {
  private static final double NANOS_PER_MICRO = 1e3;

  private final GpuSpec gpu;
  private final LayerModel layer;
  private final DecoderShape shape;
  private final HostTime host;
  private final int expertGpus;
  private final double rowBytes;
  private final Remembered<KernelTime> expertCalls = new Remembered<>(this::expertTime);
  private final Remembered<KernelTime> exchanges = new Remembered<>(this::bothWaysTime);

  /**
   * @param gpu data sheet of the rack's GPUs
   * @param stack whose host times are taken, such as {@code trtllm}
   * @param expertGpus over which one copy of the experts is spread
   * @param kv format of keys and values
   * @param exchangeBytes of an element of rows that are exchanged
   * @throws IllegalArgumentException if the stack is not known
   */
  public KernelDurations(
      ModelConfig config,
      GpuSpec gpu,
      String stack,
      int expertGpus,
      KvPrecision kv,
      int exchangeBytes) {
    Constants constants = Constants.committed();
    this.gpu = gpu;
    shape = DecoderShape.of(config);
    layer = new LayerModel(KernelModel.inSteps(gpu, constants), shape, 1, kv);
    host = HostTime.of(stack, gpu.architecture(), constants);
    this.expertGpus = expertGpus;
    rowBytes = (double) shape.hidden() * exchangeBytes;
  }

  @Override
  public long requestNanos() {
    return Math.round(NANOS_PER_MICRO * host.requestMicros());
  }

  @Override
  public long hostNanos(StepShape step) {
    return Math.max(1, Math.round(NANOS_PER_MICRO * host.micros(step.work())));
  }

  @Override
  public long attentionNanos(boolean sliding, StepShape step) {
    return attentionTime(sliding, step).nanos();
  }

  @Override
  public KernelTime attentionTime(boolean sliding, StepShape step) {
    StepWork work = step.work();
    KernelCost cost = layer.norms(work.rows()).plus(layer.products(work.rows()));
    if (work.decodes() > 0) {
      cost = cost.plus(layer.decodeAttention(work.decodes(), work.context(), sliding));
    }
    for (StepWork.Chunk chunk : work.chunks()) {
      cost = cost.plus(layer.promptAttention(chunk, sliding));
    }
    return time(cost);
  }

  @Override
  public long expertsNanos(int experts, int assignments) {
    return expertsTime(experts, assignments).nanos();
  }

  @Override
  public KernelTime expertsTime(int experts, int assignments) {
    return assignments == 0 ? KernelTime.NONE : expertCalls.of(experts, assignments);
  }

  private KernelTime expertTime(int experts, long assignments) {
    // A row that is sent here for several experts is sent once.
    double tokens =
        Math.max(1, (double) assignments / shape.expertsPerToken() * layer.targets(expertGpus));
    ExpertRows rows = ExpertRows.even(experts, experts, (double) assignments);
    return time(layer.experts(tokens, rows, shape.intermediate(), expertGpus));
  }

  @Override
  public long exchangeNanos(long bytes, int gpus) {
    return exchangeTime(bytes, gpus).nanos();
  }

  @Override
  public KernelTime exchangeTime(long bytes, int gpus) {
    return gpus == 1 || bytes == 0 ? KernelTime.NONE : exchanges.of(gpus, bytes);
  }

  /** Dispatch and combine are kernels of their own; of each pair of calls each gets half. */
  private KernelTime bothWaysTime(int gpus, long bytes) {
    double copies = bytes / rowBytes * gpus / (gpus - 1);
    double rows = copies / layer.targets(gpus);
    KernelCost both =
        layer
            .exchange(Phase.DISPATCH, rows, rowBytes, gpus)
            .plus(layer.exchange(Phase.COMBINE, rows, rowBytes, gpus));
    return time(both.times(0.5));
  }

  @Override
  public long logitsNanos(int rows) {
    return logitsTime(rows).nanos();
  }

  @Override
  public KernelTime logitsTime(int rows) {
    return rows == 0
        ? KernelTime.NONE
        : time(layer.norm(rows).plus(layer.logits(rows)).plus(layer.sampling(rows)));
  }

  private KernelTime time(KernelCost cost) {
    return KernelTime.of(cost, gpu);
  }
}
